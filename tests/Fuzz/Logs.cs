namespace ShopSaga.Fuzz;

/// <summary>What must not stand in the logs: lines that a client wrote, and what nobody may read.</summary>
internal static class Logs
{
    public static IEnumerable<string> Complaints(Target target, World world)
    {
        string[] unspeakable = [.. world.Unspeakable];
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

                if (unspeakable.Any(secret => line.Contains(secret, StringComparison.Ordinal)))
                {
                    yield return $"{file}:{number} tells a secret.";
                }
            }
        }
    }
}
