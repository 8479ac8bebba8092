namespace Whorl.Tokenizers.Tests.ChatTemplates;

/// <summary>A clock that stands still at a local time.</summary>
internal sealed class FixedClock(DateTime local) : TimeProvider
{
    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    public override DateTimeOffset GetUtcNow() => new(local, TimeSpan.Zero);
}
