// dotnet tool exec -y cake.tool --target=NAME [--base-port=N] [--fresh=true] [--rate-limits=relaxed] [--instances=N] [--bus=NServiceBus]
//   [--observe]: with Run
// The launcher (infra/local) starts servers and services and always stops them again.

using System.Runtime.InteropServices;
using System.Xml.Linq;

var target = Argument("target", "Demo");
var bus = Argument("bus", "embedded");
var isNServiceBus = bus.Equals("NServiceBus", StringComparison.OrdinalIgnoreCase);
string[] lane = isNServiceBus ? ["-p:Bus=NServiceBus"] : [];
var exitCode = 0;
string lastLine = null;

Task("Build").Does(() => Build());

Task("Format").Does(() => Demand("dotnet", "format", "ShopSaga.sln", "--verify-no-changes"));

Task("Run").IsDependentOn("Build").Does(() => Launch(
    "run", Option("base-port"), Option("fresh"), Option("rate-limits"), Option("instances"), Option("observe")));

Task("Demo").IsDependentOn("Build").Does(() => Launch(
    "demo", Option("base-port") ?? "--base-port=auto", Option("fresh"), Option("rate-limits"), Option("instances")));

Task("Verify").IsDependentOn("Build").Does(() => Launch("verify", Option("base-port")));

// Rebuilds a lost price list of Orders from the catalogue of Products.
Task("RebuildPrices").IsDependentOn("Build").Does(() => Launch("rebuild-prices", Option("base-port")));

// Enters what the ledger of Settlement lacks, after its database was restored from a backup.
Task("RebuildLedger").IsDependentOn("Build").Does(() => Launch("rebuild-ledger", Option("base-port")));

// Returns all failed messages, or those with --id=ID or --group=GROUP. --list only lists them, --show=ID shows one.
Task("Replay").IsDependentOn("Build").Does(() => Launch(
[
    "replay", .. HasArgument("show") ? ["show", Argument<string>("show")] : new[] { HasArgument("list") ? "list" : "return" },
    Option("id"), Option("group"), Option("base-port"),
]));

Task("E2E").IsDependentOn("Build").Does(() =>
    Launch("exec", "--services", "--fresh", Option("base-port") ?? "--base-port=auto",
        Option("rate-limits") ?? "--rate-limits=relaxed", Option("instances"),
        "--", "bash", "tests/e2e-all-scenarios.sh"));

Task("Unit").IsDependentOn("Build").Does(() =>
{
    CleanDirectory(".artifacts/tests");
    var code = Run("dotnet", ["test", "tests/Unit", .. TestOptions("Unit")]);
    System.IO.File.WriteAllText(".artifacts/tests/Unit.exit", $"{code}");
    Count(["Unit"]);
});

// One set of servers for all projects. Each project runs in a process of its own: a crash shows in its exit code or missing results. Those
// that start a system of their own run beside the others: both wait more than they compute.
Task("Test").IsDependentOn("Build").Does(() =>
{
    CleanDirectory(".artifacts/tests");
    var projects = GetFiles("tests/*/ShopSaga.Tests.*.csproj").Select(file => file.GetDirectory().GetDirectoryName())
        .Where(project => project != "Shared" && !(isNServiceBus && project is ("Bus" or "Simulation"))).Order().ToList();
    var script = string.Join("\n", projects.GroupBy(project => project is "Stack" or "Browser").Select(lane =>
        $"(\n{string.Join("\n", lane.Select(TestScript))}\n) &")) + "\nwait";
    exitCode = RunLauncher("exec", "--fresh", Option("base-port") ?? "--base-port=auto", "--", "sh", "-c", script);
    PrintCoverage();
    Count(projects);
});

// The model of the choreography, checked exhaustively by spin; then without one rule after the other, when it must fail.
Task("Model").Does(() => Demand("bash", "tests/Model/check.sh"));

// Images of every program, with docker, podman or buildah; --tag=TAG names them.
Task("Images").Does(() => Demand("bash", "infra/images/build.sh", Argument("tag", "dev")));

// Does what the pages of docs/guides tell, step by step, or one --page=docs/guides/NAME.md.
Task("Guides").IsDependentOn("Build").Does(() =>
    Demand("bash", "tests/Guides/follow.sh", HasArgument("page") ? Argument<string>("page") : null));

// The images and the Compose file are really run, with podman as root on Debian; about as long as a build and all scenarios.
Task("Containers").Does(() => Demand("bash", "tests/Containers/run.sh"));

// One --area of bus, peers, growth, settlement, shop, or all. The shop's phases take --seconds each; --phase=NAME is only one of
// saturation, mixes, arrivals, overload, idle, scale-out, capacity, growth. --reference=REVISION is built below .artifacts and measured in
// the same run, except by the last three; so is a built checkout, a folder. growth runs only by its name: it fills tens of
// gigabytes of disk; with BENCH_ORDERS=100000, a hundredth of that.
Task("Bench").WithCriteria(!isNServiceBus, "Bench measures the embedded runtime.").IsDependentOn("Build").Does(() =>
    Launch("exec", "--fresh", Option("base-port") ?? "--base-port=auto",
        "--", "dotnet", ".artifacts/bin/ShopSaga.Load/release/ShopSaga.Load.dll",
        Option("area"), Option("seconds"), Option("phase"), Reference("reference")));

// Hostile clients and messages against a running system, or one --area of http, messages, aborts. --seed=N repeats a campaign, with
// --request=N, --message=N or --abort=N one step of it.
Task("Fuzz").IsDependentOn("Build").Does(() =>
    Launch("exec", "--services", "--fresh", Option("base-port") ?? "--base-port=auto",
        Option("rate-limits") ?? "--rate-limits=relaxed", Option("instances"),
        "--", "dotnet", ".artifacts/bin/ShopSaga.Fuzz/release/ShopSaga.Fuzz.dll",
        Option("area"), Option("seed"), Option("requests"), Option("messages"),
        Option("aborts"), Option("request"), Option("message"), Option("abort")));

// Plays simulated histories of the whole shop: for --minutes=M, or --histories=N of them, from --seed=N on. --seed=N alone plays one and
// prints its story; --faults builds in one fault after the other, and prints when each is found.
Task("Simulate").WithCriteria(!isNServiceBus, "Simulate drives the embedded runtime.").IsDependentOn("Build").Does(() =>
    Launch("exec", "--fresh", Option("base-port") ?? "--base-port=auto",
        "--", "dotnet", ".artifacts/bin/ShopSaga.Tests.Simulation/release/ShopSaga.Tests.Simulation.dll",
        Option("minutes"), Option("histories"), Option("seed"), HasArgument("faults") ? "--faults" : null));

// Breaks a running system for --minutes=M while customers shop, --faults=N times at least, then checks what they were promised. --seed=N
// repeats a schedule, --only=KIND,… draws only faults whose kind begins like one. --area=rolling restarts instances without a failed
// request, or with --previous=REVISION upgrades that release to this one, there and back; a built checkout, a folder, serves as well.
// --area=disaster restores a database from a backup that is older than the others. The last line is the verdict.
Task("Chaos").IsDependentOn("Build").Does(() =>
{
    const string verdict = "artifacts/chaos.txt";
    if (FileExists(verdict))
        DeleteFile(verdict);
    exitCode = Run("dotnet",
        ".artifacts/bin/ShopSaga.Chaos/release/ShopSaga.Chaos.dll",
        Option("minutes"), Option("faults"), Option("seed"), Option("instances"), Option("only"),
        Option("area"), Reference("previous"));
    lastLine = FileExists(verdict)
        ? System.IO.File.ReadAllText(verdict)
        : "The campaign did not come to its end, which counts as a failure.";
});

try
{
    RunTarget(target);
}
catch (Exception e)
{
    Console.Error.WriteLine("Error: " + e.Message);
    exitCode = exitCode == 0 ? 1 : exitCode;
}
if (lastLine is not null)
    Console.WriteLine(lastLine);
Console.Out.Flush();
Environment.Exit(exitCode);

// A revision becomes a checkout of its own, which is built.
string Reference(string option)
{
    if (Argument<string>(option, null) is not { } revision || DirectoryExists(revision))
        return Option(option);
    var folder = MakeAbsolute(Directory($".artifacts/reference/{revision}")).FullPath;
    if (!DirectoryExists(folder))
        Demand("git", ["worktree", "add", "--detach", folder, revision]);
    BuildSolution($"{folder}/ShopSaga.sln");
    return $"--{option}={folder}";
}

// Without build and compiler servers, which would outlive the build.
void BuildSolution(string solution) => Demand("dotnet",
    ["build", solution, "-c", "Release", "-v", "quiet", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", .. lane]);

void Build()
{
    if (bus is not "embedded" && !isNServiceBus)
        throw new Exception($"--bus={bus} is not possible: give \"embedded\" or \"NServiceBus\".");
    if (isNServiceBus)
        Console.WriteLine("These packages need a licence of NServiceBus: https://particular.net/licensing, docs/nservicebus-lane.md.");
    if (isNServiceBus && Run("dotnet", ["restore", "ShopSaga.sln", "-v", "quiet", "--nologo", .. lane]) != 0)
        throw new Exception("The packages of NServiceBus cannot be restored: no feed of this machine has them (docs/nservicebus-lane.md).");
    RemoveOtherLane();
    BuildSolution("ShopSaga.sln");
}

// Both lanes build into one folder, and an assembly of the one would be taken for one of the other.
void RemoveOtherLane()
{
    const string lastLane = ".artifacts/lane";
    var name = isNServiceBus ? "NServiceBus" : "embedded";
    var last = FileExists(lastLane) ? System.IO.File.ReadAllText(lastLane) : "embedded";
    if (last != name)
        foreach (var folder in new[] { ".artifacts/bin", ".artifacts/obj" })
            if (DirectoryExists(folder))
                DeleteDirectory(folder, new DeleteDirectorySettings { Recursive = true, Force = true });
    EnsureDirectoryExists(".artifacts");
    System.IO.File.WriteAllText(lastLane, name);
}

void Launch(params string[] arguments) => exitCode = RunLauncher(arguments);

int RunLauncher(params string[] arguments) => Run("dotnet", [".artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll", .. arguments]);

void Demand(string program, params string[] arguments)
{
    if (Run(program, arguments) is var code and not 0)
        throw new Exception($"{program} {arguments[0]} ended with exit code {code}.");
}

int Run(string program, params string[] arguments)
{
    // In its own session, so that a signal reaches every process once. If this script is killed, the parent-death signal stops the command.
    var alone = FileExists("/usr/bin/setpriv");
    string[] words = [.. alone ? new[] { "/usr/bin/setsid", "/usr/bin/setpriv", "--pdeathsig=TERM", "--" } : [], program, .. arguments];
    using var process = System.Diagnostics.Process.Start(words[0], words.Skip(1).Where(word => word is not null));

    // Signals are passed on to the command, which stops in order; then this script ends.
    void Forward(PosixSignalContext signal)
    {
        signal.Cancel = true;
        System.Diagnostics.Process.Start("sh", ["-c", $"kill -s TERM -- {(alone ? "-" : "")}{process.Id}"]);
    }
    using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Forward);
    using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Forward);
    process.WaitForExit();
    return process.ExitCode;
}

string Option(string name) => HasArgument(name) ? $"--{name}={Argument(name, "true")}" : null;

string[] TestOptions(string project) =>
[
    "-c", "Release", "--no-build", "--nologo", "-v", "quiet", .. lane, "--results-directory", ".artifacts/tests",
    "--logger", "console;verbosity=minimal", "--logger", $"trx;LogFileName={project}.trx",
];

string TestScript(string project) =>
    $"dotnet test tests/{project} --settings tests/coverage.runsettings "
    + $"{string.Join(' ', TestOptions(project).Select(option => $"'{option}'"))} > .artifacts/tests/{project}.log 2>&1; "
    + $"echo $? > .artifacts/tests/{project}.exit; echo 'Tested {project}'; cat .artifacts/tests/{project}.log";

// The lines of each project that ran in the tests' own processes; processes that tests start are not measured.
void PrintCoverage()
{
    var covered = new Dictionary<(string Project, string File, string Line), bool>();
    foreach (var report in GetFiles(".artifacts/tests/*/coverage.cobertura.xml"))
    foreach (var project in XDocument.Load(report.FullPath).Descendants("package"))
    foreach (var type in project.Descendants("class"))
    foreach (var line in type.Elements("lines").Elements("line"))
    {
        var key = ((string)project.Attribute("name"), (string)type.Attribute("filename"), (string)line.Attribute("number"));
        covered[key] = covered.GetValueOrDefault(key) || (long)line.Attribute("hits") > 0;
    }

    foreach (var project in covered.GroupBy(line => line.Key.Project).OrderBy(project => project.Key))
    {
        var count = project.Count(line => line.Value);
        Console.WriteLine($"{project.Key}: {count} of {project.Count()} lines covered ({100 * count / project.Count()} %)");
    }
}

void Count(List<string> projects)
{
    int passed = 0, failed = 0;
    foreach (var project in projects)
    {
        var (itsPassed, itsFailed, problem) = ResultOf(project);
        if (problem is not null)
            Console.WriteLine($"{project}: {problem}");
        passed += itsPassed;
        failed += itsFailed;
    }
    lastLine = $"{passed} passed, {failed} failed";
    if (failed > 0)
        exitCode = 1;
}

(int Passed, int Failed, string Problem) ResultOf(string project)
{
    var (trx, exit) = ($".artifacts/tests/{project}.trx", $".artifacts/tests/{project}.exit");
    if (!FileExists(trx) || !FileExists(exit))
        return (0, 1, "did not run to its end, which counts as a failure");

    var counters = XDocument.Load(trx).Descendants().Single(element => element.Name.LocalName == "Counters");
    int Counter(string name) => (int)counters.Attribute(name);
    var (total, passed) = (Counter("total"), Counter("passed"));
    var failed = Counter("executed") - passed;
    if (total == 0)
        return (0, 1, "has no test, which counts as a failure");
    if (failed == 0 && System.IO.File.ReadAllText(exit).Trim() != "0")
        return (passed, 1, "crashed after its tests, which counts as a failure");
    return (passed, failed, total > passed + failed ? $"skipped {total - passed - failed}" : null);
}
