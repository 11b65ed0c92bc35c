using System.Diagnostics;
using OpenTelemetry.Trace;

namespace ShopSaga.Hosting.Telemetry;

/// <summary>
/// Drops client spans that have no parent: the statements and requests of pollers (outbox, sessions, health probes), several a second in
/// each process, which belong to no request and no message. It decides about roots only; wrap it in a <see cref="ParentBasedSampler"/>.
/// </summary>
internal sealed class PollingSampler : Sampler
{
    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        new(samplingParameters.Kind == ActivityKind.Client ? SamplingDecision.Drop : SamplingDecision.RecordAndSample);
}
