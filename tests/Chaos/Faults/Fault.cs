namespace ShopSaga.Chaos.Faults;

/// <summary>Something that breaks for a while.</summary>
/// <param name="Kind">By which recovery times are grouped.</param>
/// <param name="Target">What it hits.</param>
internal abstract record Fault(string Kind, string Target)
{
    /// <summary>The process or server that it breaks, or needs to break something: faults of one part do not run at once.</summary>
    public virtual string Part => Target;

    /// <summary>How long it lasts.</summary>
    public TimeSpan Duration { get; init; }

    /// <summary>Whether messages in flight would be lost by it, which nothing promises to survive: it needs an idle system.</summary>
    public virtual bool NeedsIdleSystem => false;

    public abstract Task Begin(CancellationToken cancellationToken);

    /// <summary>Removes the cause. The system recovers by itself.</summary>
    public abstract Task End(CancellationToken cancellationToken);

    public sealed override string ToString()
    {
        var what = Kind.EndsWith(Target, StringComparison.Ordinal) ? Kind : $"{Kind} {Target}";
        return Duration == TimeSpan.Zero ? what : $"{what} for {Duration.TotalSeconds:0.0} s";
    }
}
