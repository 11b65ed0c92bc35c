using System.Runtime.Versioning;
using ShopSaga.Local.Servers;

namespace ShopSaga.Tests.Unit.Local;

[NonParallelizable]
[UnsupportedOSPlatform("windows")]
public class When_there_is_only_a_Docker_engine
{
    private string _folder = null!;
    private string? _path;

    [SetUp]
    public void PutADockerOfOurOwnInThePath()
    {
        _folder = Directory.CreateTempSubdirectory().FullName;
        _path = Environment.GetEnvironmentVariable("PATH");
        Environment.SetEnvironmentVariable("PATH", $"{_folder}:{_path}");
    }

    [TearDown]
    public void TakeItOut()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        Directory.Delete(_folder, recursive: true);
    }

    [TestCase("exit 0", true, Description = "engine and compose")]
    [TestCase("exit 1", false, Description = "a client without an engine")]
    [TestCase("test \"$1\" = info", false, Description = "an engine without compose")]
    public async Task Should_use_containers_where_engine_and_compose_answer(string docker, bool expected)
    {
        var program = Path.Combine(_folder, "docker");
        await File.WriteAllTextAsync(program, $"#!/bin/sh\n{docker}\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        Assert.That(await Containers.IsAvailable(CancellationToken.None), Is.EqualTo(expected));
    }
}
