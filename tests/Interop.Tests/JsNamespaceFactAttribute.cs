namespace Interop.Tests;

/// <summary>A test that talks to js-libp2p over a link between network namespaces; skipped with its reason where either is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class JsNamespaceFactAttribute : FactAttribute
{
    public JsNamespaceFactAttribute() => Skip = JsNode.SkipReason ?? NetworkNamespace.SkipReason;
}
