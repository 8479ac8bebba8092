namespace Interop.Tests;

/// <summary>A theory that talks to js-libp2p; skipped with its reason where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsTheoryAttribute : TheoryAttribute
{
    public JsTheoryAttribute() => Skip = JsNode.SkipReason;
}
