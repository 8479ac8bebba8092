namespace Whorl.Dht.Tests;

/// <summary>What turns a hang into a failure; never a timing that is asserted.</summary>
internal static class TestLimits
{
    public static CancellationToken Token() => new CancellationTokenSource(TimeSpan.FromMinutes(2)).Token;

    /// <summary>Waits for what happens in the background just after; fails only where it never does.</summary>
    public static async Task EventuallyAsync(Func<bool> condition)
    {
        for (int i = 0; i < 30_000 && !condition(); i++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(2), TimeProvider.System);
        }

        Assert.True(condition());
    }
}
