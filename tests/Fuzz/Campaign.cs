namespace ShopSaga.Fuzz;

/// <summary>How much is tried.</summary>
/// <param name="Seed">From which all requests follow.</param>
/// <param name="Requests">How many are generated.</param>
/// <param name="SlowClients">Of each kind, at the same time.</param>
/// <param name="Connections">At the same time, of those who say nothing.</param>
internal sealed record Plan(int Seed, int Requests, int SlowClients, int Connections);

/// <summary>Hostile clients of all kinds against a running system, and what the system makes of them.</summary>
internal sealed class Campaign(Target target, Plan plan, Action<string> progress)
{
    private const int AtOnce = 8;
    private const int Batch = 500;

    // Memory that is warm may still grow with what is kept on purpose: caches, pools, the rate limits' buckets. What leaks grows with the requests.
    private const double Growth = 2;
    private const double Allowance = 96;

    private readonly Findings _findings = new();

    public SortedDictionary<string, double> MemoryBefore { get; private set; } = [];

    public SortedDictionary<string, double> MemoryAfter { get; private set; } = [];

    /// <summary>Tries everything.</summary>
    public async Task<Findings> Run(CancellationToken cancellationToken)
    {
        (await RouteTable.Differences(target.Gateway, cancellationToken)).ForEach(_findings.Complain);
        using var world = await World.Create(target, cancellationToken);
        var (judge, attacks, before) = (new Judge(world), new Attacks(world, plan.Seed), await world.StateOfVictim(cancellationToken));
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
            _findings.Complain($"What is the victim's has changed:\n{before}\n{after}");
        }

        CheckMemory();
        Logs.Complaints(target, world).ToList().ForEach(_findings.Complain);
        return _findings;

        async Task Attack(int from, int to)
        {
            for (var start = from; start < to; start += Batch)
            {
                await world.Renew(cancellationToken);
                await Parallel.ForEachAsync(
                    Enumerable.Range(start, Math.Min(Batch, to - start)),
                    new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
                    async (number, token) => await Try($"--seed={plan.Seed} --request={number}", attacks.Make(number), judge, token));
                progress($"{Math.Min(start + Batch, to)} of {plan.Requests} requests, {_findings.Complaints.Count} complaints");
            }
        }

        Task AttackWithWebhooks() => Parallel.ForEachAsync(
            new Webhooks(target, world).All(),
            new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (attempt, token) => await Try(attempt.Kind, attempt, judge, token));

        async Task AttackByHolding()
        {
            foreach (var kind in SlowClients.Kinds)
            {
                await world.Renew(cancellationToken);
                var number = kind == "those who say nothing" ? plan.Connections : plan.SlowClients;
                var (ends, complaints) = await new SlowClients(target, world, number).Run(kind, cancellationToken);
                progress($"{number} clients, {kind}: {string.Join(", ", ends.Select(end => $"{end.Value} {end.Key}"))}");
                complaints.ForEach(_findings.Complain);
            }
        }
    }

    /// <summary>One request of a campaign again, with all that is sent and comes back.</summary>
    public async Task<Findings> Replay(int number, CancellationToken cancellationToken)
    {
        using var world = await World.Create(target, cancellationToken);
        var attempt = new Attacks(world, plan.Seed).Make(number);
        Console.WriteLine(System.Text.Encoding.UTF8.GetString(attempt.ToBytes()));
        var answer = await Try($"--seed={plan.Seed} --request={number}", attempt, new Judge(world), cancellationToken);
        Console.WriteLine($"{answer.Status}\n{string.Join('\n', answer.Headers.Select(header => $"{header.Name}: {header.Value}"))}\n\n{answer.Body}");
        return _findings;
    }

    private async Task<Answer> Try(string name, Attempt attempt, Judge judge, CancellationToken cancellationToken)
    {
        Answer answer;
        try
        {
            answer = await Wire.Exchange(target.Gateway, attempt, cancellationToken);
        }
        catch (TimeoutException silence)
        {
            _findings.Complain(name, silence.Message, attempt, Answer.None);
            answer = Answer.None;
        }

        _findings.Add(attempt, answer);
        foreach (var complaint in judge.Complaints(attempt, answer))
        {
            _findings.Complain(name, complaint, attempt, answer);
        }

        return answer;
    }

    private void CheckMemory()
    {
        foreach (var (service, before) in MemoryBefore)
        {
            if (!MemoryAfter.TryGetValue(service, out var after))
            {
                _findings.Complain($"{service} is gone.");
            }
            else if (after > (Growth * before) + Allowance)
            {
                _findings.Complain($"{service} has grown from {before:0} to {after:0} MiB.");
            }
        }
    }
}
