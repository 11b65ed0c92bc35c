namespace ShopSaga.Fuzz;

/// <summary>Searches the logs for forged lines and secrets.</summary>
internal static class Logs
{
    public static IEnumerable<string> Violations(Target target, World world)
    {
        string[] secrets = [.. world.Secrets];
        foreach (var file in target.Logs())
        {
            // The services write on.
            using var log = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            for (var number = 1; log.ReadLine() is { } line; number++)
            {
                if (line.TrimStart().StartsWith(HostileValues.ForgedLine, StringComparison.Ordinal))
                {
                    yield return $"{file}:{number} was written by a client: {line}";
                }

                if (secrets.Any(secret => line.Contains(secret, StringComparison.Ordinal)))
                {
                    yield return $"{file}:{number} contains a secret.";
                }
            }
        }
    }
}
