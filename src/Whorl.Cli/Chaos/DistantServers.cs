using System.Globalization;
using System.Net;

namespace Whorl.Cli.Chaos;

/// <summary>Servers of this machine as if they were far away: they are dialled through ports behind which a long or narrow line begins.</summary>
/// <param name="delay">What is sent either way comes so much later.</param>
/// <param name="megabits">Megabits a second that pass either way; 0 for all.</param>
internal sealed class DistantServers(TimeSpan delay, double megabits) : IAsyncDisposable
{
    private readonly List<ChaosProxy> _lines = [];

    /// <summary>Where a server is dialled.</summary>
    /// <param name="address">Where it listens.</param>
    public string AddressOf(string address)
    {
        if (delay == TimeSpan.Zero && megabits == 0)
        {
            return address;
        }

        ChaosProxy line = new(TimeProvider.System);
        _lines.Add(line);
        line.PointTo(IPEndPoint.Parse(address).Port);
        line.Delay(delay);
        line.Narrow((int)Math.Min(megabits * 1e6 / 8, int.MaxValue));
        line.Start();
        return string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{line.Port}");
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (ChaosProxy line in _lines)
        {
            await line.DisposeAsync();
        }
    }
}
