namespace Whorl.Tensors;

/// <summary>What a backend holds beside weights.</summary>
/// <param name="Workspace">Bytes held for results on their way.</param>
/// <param name="WorkspaceUsed">What the last call that gave everything back had taken of them, at most.</param>
/// <param name="Pages">Bytes of pages of keys and values that sessions hold.</param>
/// <param name="FreePages">Bytes of pages that were given back and are kept for the next session.</param>
public readonly record struct BackendMemory(long Workspace, long WorkspaceUsed, long Pages, long FreePages);
