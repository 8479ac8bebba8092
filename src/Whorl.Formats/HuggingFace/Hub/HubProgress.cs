namespace Whorl.Formats;

/// <summary>How far a download is.</summary>
/// <param name="File">The file that gained bytes, as the repository names it.</param>
/// <param name="FileBytes">How many of its bytes are there, those of earlier runs included.</param>
/// <param name="FileSize">How many it has.</param>
/// <param name="TotalBytes">How many bytes of all wanted files are there.</param>
/// <param name="TotalSize">How many all wanted files have.</param>
public readonly record struct HubProgress(string File, long FileBytes, long FileSize, long TotalBytes, long TotalSize);
