using Xunit;

namespace Whorl.Testing;

/// <summary>A theory that needs the reference data; skipped with its reason where they are absent.</summary>
/// <remarks>xunit asks its data source all the same: where the data are absent it must yield at least one row, of any content.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReferenceTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the theory where the data are absent.</summary>
    public ReferenceTheoryAttribute() => Skip = ReferenceData.SkipReason;
}
