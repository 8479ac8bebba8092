using Xunit;

namespace Whorl.Testing;

/// <summary>A test that needs data that belong to others; skipped with its reason where they are absent.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ReferenceFactAttribute : FactAttribute
{
    /// <summary>Skips the test where some of the data are absent.</summary>
    /// <param name="needed">A path relative to <see cref="ReferenceData.Root"/>.</param>
    /// <param name="more">Others.</param>
    public ReferenceFactAttribute(string needed, params string[] more) => Skip = ReferenceData.SkipReason([needed, .. more]);
}
