namespace ShopSaga.Fuzz;

/// <summary>The size of a campaign.</summary>
/// <param name="Seed">Determines all requests.</param>
/// <param name="Requests">The number of generated requests.</param>
/// <param name="SlowClients">The number of concurrent slow clients of each kind.</param>
/// <param name="Connections">The number of concurrent connections that send nothing.</param>
internal sealed record Plan(int Seed, int Requests, int SlowClients, int Connections);

/// <summary>Runs hostile clients of all kinds against a running system and collects the findings.</summary>
internal sealed class Campaign(Target target, Plan plan, Action<string> progress)
{
    private const int AtOnce = 8;
    private const int Batch = 500;

    // Caches, pools and rate limit buckets may still grow after the warm-up. A leak grows with the number of requests.
    private const double Growth = 2;
    private const double Allowance = 96;

    private readonly Findings _findings = new();

    public SortedDictionary<string, double> MemoryBefore { get; private set; } = [];

    public SortedDictionary<string, double> MemoryAfter { get; private set; } = [];

    /// <summary>Runs the whole campaign.</summary>
    public async Task<Findings> Run(CancellationToken cancellationToken)
    {
        (await RouteTable.Differences(target.Gateway, cancellationToken)).ForEach(_findings.Report);
        using var world = await World.Create(target, cancellationToken);
        var (oracle, generator, before) = (new Oracle(world), new RequestGenerator(world, plan.Seed),
            await world.StateOfVictim(cancellationToken));
        var warm = plan.Requests / 5;
        await Attack(0, warm);
        await AttackByHolding();
        MemoryBefore = Services.Memory(target);
        await Attack(warm, plan.Requests);
        await AttackWithWebhooks();
        await AttackByHolding();
        MemoryAfter = Services.Memory(target);

        if (await world.StateOfVictim(cancellationToken) is var after && after != before)
        {
            _findings.Report($"The victim's data has changed:\n{before}\n{after}");
        }

        CheckMemory();
        Logs.Violations(target, world).ToList().ForEach(_findings.Report);
        return _findings;

        async Task Attack(int from, int to)
        {
            for (var start = from; start < to; start += Batch)
            {
                await world.Renew(cancellationToken);
                await Parallel.ForEachAsync(
                    Enumerable.Range(start, Math.Min(Batch, to - start)),
                    new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                    async (number, token) => await Try($"--seed={plan.Seed} --request={number}", generator.Make(number), oracle, token));
                progress($"{Math.Min(start + Batch, to)} of {plan.Requests} requests, {_findings.Violations.Count} violations");
            }
        }

        Task AttackWithWebhooks() => Parallel.ForEachAsync(
            new Webhooks(target, world).All(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (attempt, token) => await Try(attempt.Kind, attempt, oracle, token));

        async Task AttackByHolding()
        {
            foreach (var kind in SlowClients.Kinds)
            {
                await world.Renew(cancellationToken);
                var number = kind == SlowClients.Silent ? plan.Connections : plan.SlowClients;
                var (ends, violations) = await new SlowClients(target, world, number).Run(kind, cancellationToken);
                progress($"{number} clients, {kind}: {string.Join(", ", ends.Select(end => $"{end.Value} {end.Key}"))}");
                violations.ForEach(_findings.Report);
            }
        }
    }

    /// <summary>Repeats one request of a campaign and prints request and response.</summary>
    public async Task<Findings> Replay(int number, CancellationToken cancellationToken)
    {
        using var world = await World.Create(target, cancellationToken);
        var attempt = new RequestGenerator(world, plan.Seed).Make(number);
        Console.WriteLine(System.Text.Encoding.UTF8.GetString(attempt.ToBytes()));
        var answer = await Try($"--seed={plan.Seed} --request={number}", attempt, new Oracle(world), cancellationToken);
        Console.WriteLine(
            $"{answer.Status}\n{string.Join('\n', answer.Headers.Select(header => $"{header.Name}: {header.Value}"))}\n\n{answer.Body}");
        return _findings;
    }

    private async Task<Answer> Try(string name, HostileRequest attempt, Oracle oracle, CancellationToken cancellationToken)
    {
        Answer answer;
        try
        {
            answer = await Wire.Exchange(target.Gateway, attempt, cancellationToken);
        }
        catch (TimeoutException silence)
        {
            _findings.Report(name, silence.Message, attempt, Answer.None);
            answer = Answer.None;
        }

        _findings.Add(attempt, answer);
        foreach (var violation in oracle.Violations(attempt, answer))
        {
            _findings.Report(name, violation, attempt, answer);
        }

        return answer;
    }

    private void CheckMemory()
    {
        foreach (var (service, before) in MemoryBefore)
        {
            if (!MemoryAfter.TryGetValue(service, out var after))
            {
                _findings.Report($"{service} is gone.");
            }
            else if (after > (Growth * before) + Allowance)
            {
                _findings.Report($"{service} has grown from {before:0} to {after:0} MiB.");
            }
        }
    }
}
