using System.Globalization;
using System.Text.Json;
using Spectre.Console;

namespace ShopSaga.Tests.Shared;

/// <summary>What was measured, for people and for programs.</summary>
public sealed class Report
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };
    private readonly List<Figure> _figures = [];

    /// <summary>Adds a figure. Its ratio is to <paramref name="reference"/>, where there is one to compare with.</summary>
    /// <param name="name">Stable over versions.</param>
    /// <param name="value">What was measured.</param>
    /// <param name="unit">Of the value.</param>
    /// <param name="reference">What the value is compared with, in the same unit, measured in the same run unless its name says
    /// otherwise.</param>
    public void Add(string name, double value, string unit, double? reference = null)
    {
        var figure = new Figure(
            name,
            Round(value),
            unit,
            reference is { } known ? Round(known) : null,
            reference is { } other ? Math.Round(value / other, 2) : null);
        _figures.Add(figure);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{figure.Name}: {figure.Value} "
                + $"{figure.Unit}{(figure.Ratio is { } ratio ? $" ({ratio} times {figure.Reference})" : string.Empty)}"));
    }

    public void Print()
    {
        var table = new Table().AddColumns("figure", "value", "unit", "reference", "ratio");
        foreach (var figure in _figures)
        {
            table.AddRow(
                Markup.Escape(figure.Name), Text(figure.Value), Markup.Escape(figure.Unit), Text(figure.Reference), Text(figure.Ratio));
        }

        AnsiConsole.Write(table);
    }

    public void Write(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        File.WriteAllText(path, JsonSerializer.Serialize(_figures, Json));
        Console.WriteLine($"Written to {path}");
    }

    private static double Round(double value) => Math.Round(value, value < 10 ? 3 : value < 1000 ? 1 : 0);

    private static string Text(double? value) => value?.ToString(CultureInfo.InvariantCulture) ?? string.Empty;

    private sealed record Figure(string Name, double Value, string Unit, double? Reference, double? Ratio);
}
