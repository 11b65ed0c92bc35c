using Bunit;
using Microsoft.Extensions.DependencyInjection;

namespace ShopSaga.Tests.Browser.Support;

/// <summary>Renders components without a browser, each test in a context of its own.</summary>
public abstract class ComponentFixture
{
    protected BunitContext Context { get; private set; } = null!;

    [SetUp]
    public void Create()
    {
        Context = new BunitContext();
        Context.Services.AddLocalization();
    }

    [TearDown]
    public async Task Close() => await Context.DisposeAsync();
}
