using Whorl.Testing;

namespace Whorl.Server.Tests;

public sealed class MemoryTrimmerTests
{
    [Fact]
    public async Task The_heap_is_cleared_when_it_has_become_quiet()
    {
        ManualTimeProvider clock = new();
        await using MemoryTrimmer trimmer = new(clock);
        WeakReference crowd = Crowd();
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        while (trimmer.Trims == 0)
        {
            clock.Advance(MemoryTrimmer.Period);
            await Task.Delay(TimeSpan.FromMilliseconds(5), TimeProvider.System, limit.Token);
        }

        Assert.False(crowd.IsAlive);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private static WeakReference Crowd() => new(new byte[64 << 20]);
}
