using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace ShopSaga.Bus;

/// <summary>The identity of this process in monitoring. Stable over restarts as long as the names are.</summary>
internal sealed class HostIdentity
{
    /// <param name="instanceName">Name of the instance, or null for the path of the program.</param>
    /// <param name="hostName">Name of the host, or null for the machine's.</param>
    /// <param name="displayName">Name that monitoring shows, or null for the host's.</param>
    [SuppressMessage("Security", "CA5351", Justification = "The wire contract derives host ids by MD5; nothing is protected by it.")]
    public HostIdentity(string? instanceName, string? hostName, string? displayName = null)
    {
        MachineName = Environment.MachineName;
        DisplayName = displayName ?? hostName ?? MachineName;
        HostId = new Guid(MD5.HashData(Encoding.UTF8.GetBytes((instanceName ?? Program) + (hostName ?? MachineName))));
        HostIdText = HostId.ToString("N");
    }

    /// <summary>The path of the started program.</summary>
    public string Program { get; } = Environment.CommandLine.StartsWith('"')
        ? Environment.CommandLine[1..Environment.CommandLine.IndexOf('"', 1)]
        : Environment.CommandLine.Split(' ', 2)[0];

    public string MachineName { get; }

    public string DisplayName { get; }

    public Guid HostId { get; }

    /// <summary>The id as headers carry it: 32 hexadecimal digits.</summary>
    public string HostIdText { get; }
}
