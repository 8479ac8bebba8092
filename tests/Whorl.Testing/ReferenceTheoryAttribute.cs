using Xunit;

namespace Whorl.Testing;

/// <summary>A theory that needs data that belong to others; skipped with its reason where they are absent.</summary>
/// <remarks>xunit asks its data source all the same: where the data are absent it must yield at least one row, of any content.</remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReferenceTheoryAttribute : TheoryAttribute
{
    /// <summary>Skips the theory where some of the data are absent.</summary>
    /// <param name="needed">A path relative to <see cref="ReferenceData.Root"/>.</param>
    /// <param name="more">Others.</param>
    public ReferenceTheoryAttribute(string needed, params string[] more) => Skip = ReferenceData.SkipReason([needed, .. more]);
}
