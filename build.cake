// dotnet tool exec -y cake.tool --target=NAME [--base-port=N] [--fresh=true]
// Servers and services are the launcher's business (infra/local): it starts them, and whatever happens stops them again.

var target = Argument("target", "Demo");
var exitCode = 0;
string lastLine = null;

Task("Build").Does(() => Build());

Task("Format").Does(() => Demand("dotnet", "format", "ShopSaga.sln", "--verify-no-changes"));

Task("Run").IsDependentOn("Build").Does(() => Launch("run", Given("base-port"), Given("fresh")));

Task("Demo").IsDependentOn("Build").Does(() => Launch("demo", Given("base-port") ?? "--base-port=auto", Given("fresh")));

Task("Verify").IsDependentOn("Build").Does(() => Launch("verify", Given("base-port")));

Task("E2E").IsDependentOn("Build").Does(() =>
    Launch("exec", "--services", "--fresh", Given("base-port") ?? "--base-port=auto", "--", "bash", "tests/e2e-all-scenarios.sh"));

Task("Unit").IsDependentOn("Build").Does(() =>
{
    var tests = Tests("tests/Unit/*.csproj");
    Run("sh", "-c", tests.Script);
    Count(tests.Projects);
});

Task("Test").IsDependentOn("Build").Does(() =>
{
    var tests = Tests("tests/*/*.csproj");
    var code = RunLauncher("exec", "--fresh", Given("base-port") ?? "--base-port=auto", "--", "sh", "-c", tests.Script);
    Count(tests.Projects);
    if (code != 0)
        exitCode = code;
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

// No build server and no compiler server: they would outlive the build.
void Build() => Demand("dotnet", "build", "ShopSaga.sln", "-c", "Release", "-v", "quiet", "--nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false");

void Launch(params string[] arguments) => exitCode = RunLauncher(arguments);

int RunLauncher(params string[] arguments) => Run("dotnet", [".artifacts/bin/ShopSaga.Local/release/ShopSaga.Local.dll", .. arguments]);

void Demand(string program, params string[] arguments)
{
    if (Run(program, arguments) is var code and not 0)
        throw new Exception($"{program} {arguments[0]} ended with exit code {code}.");
}

int Run(string program, params string[] arguments)
{
    // Should this script be killed, what it runs is told to stop.
    string[] words = [.. FileExists("/usr/bin/setpriv") ? new[] { "/usr/bin/setpriv", "--pdeathsig=TERM", "--" } : [], program, .. arguments];
    var text = new ProcessArgumentBuilder();
    foreach (var word in words.Skip(1).Where(word => word is not null))
        text.AppendQuoted(word.Replace("\"", "\\\""));
    return StartProcess(words[0], new ProcessSettings { Arguments = text });
}

string Given(string option) => HasArgument(option) ? $"--{option}={Argument(option, "true")}" : null;

// Every project by itself, so that one that crashes is seen to; the result and the exit code of each wait in .artifacts/tests.
(string Script, List<string> Projects) Tests(string pattern)
{
    CleanDirectory(".artifacts/tests");
    var projects = GetFiles(pattern).OrderBy(file => file.FullPath).Select(file => file.GetDirectory().GetDirectoryName()).ToList();
    var script = string.Join("\n", projects.Select(project =>
        $"echo 'Testing {project}'; dotnet test tests/{project} -c Release --no-build --nologo -v quiet --logger 'console;verbosity=minimal' "
        + $"--logger 'trx;LogFileName=../../.artifacts/tests/{project}.trx'; echo $? > .artifacts/tests/{project}.exit"));
    return (script, projects);
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
    exitCode = failed > 0 ? 1 : 0;
}

(int Passed, int Failed, string Problem) ResultOf(string project)
{
    var (trx, exit) = ($".artifacts/tests/{project}.trx", $".artifacts/tests/{project}.exit");
    if (!FileExists(trx) || !FileExists(exit))
        return (0, 1, "did not run to its end, which counts as a failure");

    var counters = System.Xml.Linq.XDocument.Load(trx).Descendants().Single(element => element.Name.LocalName == "Counters");
    int Counter(string name) => (int)counters.Attribute(name);
    var (total, passed) = (Counter("total"), Counter("passed"));
    var failed = Counter("executed") - passed;
    if (total == 0)
        return (0, 1, "has no test, which counts as a failure");
    if (failed == 0 && System.IO.File.ReadAllText(exit).Trim() != "0")
        return (passed, 1, "crashed after its tests, which counts as a failure");
    return (passed, failed, total > passed + failed ? $"skipped {total - passed - failed}" : null);
}
