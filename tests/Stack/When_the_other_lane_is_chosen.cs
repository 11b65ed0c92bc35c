using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using ShopSaga.Local.Data;

namespace ShopSaga.Tests.Stack;

/// <summary>
/// Runs build.cake with <c>--bus=NServiceBus</c>. The packages cannot be restored everywhere, so a script takes the place of the dotnet
/// that the targets start, and records how it is called.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class When_the_other_lane_is_chosen
{
    // Three folders above the shared runtime.
    private static readonly string Dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "../../../dotnet"));
    private string _folder = null!;

    [SetUp]
    public void CopyTheScript()
    {
        _folder = Directory.CreateTempSubdirectory("lane").FullName;
        foreach (var file in (string[])["build.cake", "global.json", ".config/dotnet-tools.json", "ShopSaga.sln"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(_folder, file))!);
            File.Copy(Path.Combine(DataFolder.Checkout, file), Path.Combine(_folder, file));
        }
    }

    [TearDown]
    public void Remove() => Directory.Delete(_folder, recursive: true);

    [TestCase("Demo", "demo --base-port=auto")]
    [TestCase("Run", "run")]
    [TestCase("Verify", "verify")]
    [TestCase("Replay", "replay return")]
    [TestCase("E2E", "exec --services --fresh --base-port=auto --rate-limits=relaxed -- bash tests/e2e-all-scenarios.sh")]
    public async Task Should_build_the_Release_configuration_in_that_lane_and_start_it(string target, string command)
    {
        var (exitCode, output, calls) = await Cake(target, "--bus=NServiceBus");

        Assert.That(exitCode, Is.Zero, output);
        Assert.That(calls, Is.EqualTo(new[]
        {
            "restore ShopSaga.sln -v quiet --nologo -p:Bus=NServiceBus",
            "build ShopSaga.sln -c Release -v quiet --nologo -nodeReuse:false -p:UseSharedCompilation=false -p:Bus=NServiceBus",
            $".artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll {command}",
        }));
        Assert.That(output, Does.Contain("need a licence of NServiceBus"));
    }

    [Test]
    public async Task Should_test_the_projects_that_are_part_of_it()
    {
        foreach (var project in (string[])["Bus", "Stack", "Unit"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, "tests", project));
            await File.WriteAllTextAsync(Path.Combine(_folder, "tests", project, $"ShopSaga.Tests.{project}.csproj"), "");
        }

        var (_, output, calls) = await Cake("Test", "--bus=NServiceBus");

        Assert.That(
            calls.Last(),
            Does.Contain("dotnet test tests/Stack").And.Contains("dotnet test tests/Unit").And.Contains("-p:Bus=NServiceBus"),
            output);
        Assert.That(calls.Last(), Does.Not.Contain("tests/Bus"));
    }

    [Test]
    public async Task Should_say_that_the_packages_cannot_be_restored()
    {
        var (exitCode, output, calls) = await Cake("Demo", "--bus=NServiceBus", failing: "restore");

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Does.Contain("Error: ").And.Contains("The packages of NServiceBus cannot be restored"));
        Assert.That(output, Does.Contain("docs/nservicebus-lane.md"));
        Assert.That(calls, Has.Length.EqualTo(1), "nothing is built or started");
    }

    [Test]
    public async Task Should_delete_the_build_output_of_the_other_lane()
    {
        var (built, kept) = (Path.Combine(_folder, ".artifacts/bin/ShopSaga.Orders/release"), Path.Combine(_folder, ".artifacts/tests"));
        Directory.CreateDirectory(built);
        Directory.CreateDirectory(kept);

        await Cake("Verify");
        var isKeptByTheSameLane = Directory.Exists(built);
        await Cake("Verify", "--bus=NServiceBus");

        Assert.That((isKeptByTheSameLane, Directory.Exists(built), Directory.Exists(kept)), Is.EqualTo((true, false, true)));
    }

    [Test]
    public async Task Should_reject_a_lane_that_does_not_exist()
    {
        var (exitCode, output, calls) = await Cake("Verify", "--bus=Rebus");

        Assert.That((exitCode, calls), Is.EqualTo((1, Array.Empty<string>())));
        Assert.That(output, Does.Contain("--bus=Rebus is not possible"));
    }

    private async Task<(int ExitCode, string Output, string[] Calls)> Cake(string target, string? bus = null, string failing = "nothing")
    {
        var (scripts, calls) = (Path.Combine(_folder, "scripts"), Path.Combine(_folder, "calls"));
        Directory.CreateDirectory(scripts);
        File.Delete(calls);
        var dotnet = Path.Combine(scripts, "dotnet");
        await File.WriteAllTextAsync(
            dotnet, $"#!/bin/sh\necho \"$@\" | tr '\\n' ' ' >> '{calls}'\necho >> '{calls}'\ntest \"$1\" != {failing}\n");
        File.SetUnixFileMode(dotnet, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        // Cake itself is started by the real dotnet; what the script starts is found in the path.
        var start = new ProcessStartInfo(
            Dotnet, ["tool", "exec", "-y", "cake.tool", "--", $"--target={target}", .. bus is null ? Array.Empty<string>() : [bus]])
        {
            WorkingDirectory = _folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = $"{scripts}:{Environment.GetEnvironmentVariable("PATH")}";
        start.Environment.Remove("SHOPSAGA_BASE_PORT");
        using var cake = Process.Start(start)!;
        var (output, errors) = (cake.StandardOutput.ReadToEndAsync(), cake.StandardError.ReadToEndAsync());
        await cake.WaitForExitAsync();
        return (
            cake.ExitCode,
            await output + await errors,
            File.Exists(calls)
                ? [.. (await File.ReadAllLinesAsync(calls)).Select(line => line.Trim()).Where(line => line.Length > 0)]
                : []);
    }
}
