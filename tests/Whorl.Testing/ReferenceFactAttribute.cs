using Xunit;

namespace Whorl.Testing;

/// <summary>A test that needs the reference data; skipped with its reason where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReferenceFactAttribute : FactAttribute
{
    /// <summary>Skips the test where the data are absent.</summary>
    public ReferenceFactAttribute() => Skip = ReferenceData.SkipReason;
}
