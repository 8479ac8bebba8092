namespace Interop.Tests;

/// <summary>A test that talks to js-libp2p; skipped with its reason where that is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsFactAttribute : FactAttribute
{
    public JsFactAttribute() => Skip = JsNode.SkipReason;
}
