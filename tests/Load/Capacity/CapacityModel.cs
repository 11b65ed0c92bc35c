using ShopSaga.Load.Shop;

namespace ShopSaga.Load.Capacity;

/// <summary>
/// The capacity model of docs/scaling.md. It measures what orders and reads cost on all processors, predicts by simulated queues what the
/// shop carries there and at two other sizes, compares that with what these carry, and extends it to a hundred times the load. A figure of
/// a prediction has the measured one for its reference.
/// </summary>
internal static class CapacityModel
{
    /// <summary>How busy processors are at most where a machine is chosen for its load.</summary>
    private const double MaxBusy = 0.7;

    /// <summary>Orders that are always open, so that they wait for the one product and not for each other's customers.</summary>
    private const int OpenOfOneProduct = 1_000;

    private const double SimulatedSeconds = 60;

    // The model takes its costs from the first.
    private static readonly (StackSize Size, Layout Layout)[] Sizes =
    [
        (new StackSize("all", 1), new Layout(Environment.ProcessorCount, 1)),
        (new StackSize("half", 1) { Processors = Half }, new Layout(Half, 1)),
        (new StackSize("apart", 1) { Confined = Confinement.Apart }, new Layout(Half, 1) { Others = Environment.ProcessorCount - Half }),
    ];

    private static int Half => Environment.ProcessorCount / 2;

    /// <param name="report">Takes the figures.</param>
    /// <param name="seconds">How long each load takes.</param>
    public static async Task Run(Report report, int seconds)
    {
        Dictionary<string, Measured>? all = null;
        foreach (var (size, layout) in Sizes)
        {
            var figures = await ShopCampaign.MeasureStackOf(Directory.GetCurrentDirectory(), seconds, ShopCampaign.Capacity, size);
            foreach (var (name, figure) in figures)
            {
                report.Add(name.Replace("shop.", $"capacity.{size.Name}.measured.", StringComparison.Ordinal), figure.Value, figure.Unit);
            }

            all ??= figures;
            Compare(report, all, size.Name, layout, figures);
        }

        Extend(report, Costs.From(all!), all!["shop.at-70.arrived"].Value);
    }

    private static void Compare(
        Report report, Dictionary<string, Measured> all, string size, Layout layout, Dictionary<string, Measured> figures)
    {
        var costs = Costs.From(all);
        var (final, _) = SimulatedShop.Saturate(costs, layout, ShopLoad.MaxOpen, SimulatedSeconds);
        Add("many.final", final, "orders/s");
        foreach (var read in OpenShop.Reads)
        {
            var (cpu, load) = (Costs.CpuOf(all, $"shop.read.{read}"), all[$"shop.read.{read}.load.cpu"].Value / 1000);
            Add($"read.{read}.per-second", layout.Limit(cpu, load), "reads/s");
        }

        foreach (var percentage in ShopCampaign.PercentagesOfCapacity)
        {
            var (_, shop) = SimulatedShop.Arrive(costs, layout, figures[$"shop.at-{percentage}.arrived"].Value, SimulatedSeconds);
            foreach (var percentile in (int[])[50, 95, 99])
            {
                Add($"at-{percentage}.p{percentile}", shop.Latencies.GetValueAtPercentile(percentile) / 1000.0, "ms");
            }
        }

        void Add(string name, double predicted, string unit)
        {
            var measured = figures[$"shop.{name}"].Value;
            report.Add($"capacity.{size}.predicted.{name}", predicted, unit, measured);
            report.Add($"capacity.{size}.error.{name}", 100 * ((predicted / measured) - 1), "%");
        }
    }

    /// <summary>The load of this machine and its multiples, on machines that are chosen for it, in as many cells as it needs.</summary>
    private static void Extend(Report report, Costs costs, double load)
    {
        foreach (var factor in (int[])[1, 10, 100])
        {
            var name = $"capacity.times-{factor}";
            var (cells, cell, final, shop) = SimulatedShop.Dimension(costs, factor * load, MaxBusy, SimulatedSeconds / 3);
            report.Add($"{name}.final", final * cells, "orders/s", factor * load);
            report.Add($"{name}.p50", shop.Latencies.GetValueAtPercentile(50) / 1000.0, "ms");
            report.Add($"{name}.p99", shop.Latencies.GetValueAtPercentile(99) / 1000.0, "ms");
            report.Add($"{name}.cells", cells, "cells");
            report.Add($"{name}.instances", cell.Instances, "of each service, in each cell");
            report.Add($"{name}.processors.services", cell.Services, "processors, in each cell");
            report.Add($"{name}.processors.each-database", cell.EachDatabase, "processors, in each cell");
            foreach (var (part, share) in shop.Busy)
            {
                report.Add($"{name}.busy.{part}", share, "of 1");
            }

            var (oneProduct, _) = SimulatedShop.Saturate(costs, cell with { IsOneProduct = true }, OpenOfOneProduct, SimulatedSeconds);
            report.Add($"{name}.one-product.final", oneProduct, "orders/s, in each cell");
        }
    }
}
