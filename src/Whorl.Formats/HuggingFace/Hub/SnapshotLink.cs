namespace Whorl.Formats;

/// <summary>Puts a content of the cache where a snapshot has it.</summary>
internal static class SnapshotLink
{
    /// <summary>Links a snapshot's file to its blob, relative to it; where the system allows no links, copies it.</summary>
    /// <param name="path">The file in the snapshot; replaced if it is there.</param>
    /// <param name="blob">The content.</param>
    /// <param name="link">Makes a symbolic link; tests replace it.</param>
    public static void Create(string path, string blob, Action<string, string> link)
    {
        string folder = Path.GetDirectoryName(path)!;
        Directory.CreateDirectory(folder);
        string target = Path.GetRelativePath(folder, blob);
        if (new FileInfo(path).LinkTarget == target)
        {
            return;
        }

        string temporary = path + ".new";
        File.Delete(temporary);
        try
        {
            link(temporary, target);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Windows without developer mode, or a file system without links.
            File.Copy(blob, temporary);
        }

        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Whether a snapshot's file can be read; a link whose content was removed still exists as a file.</summary>
    public static bool HasContent(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true) is { } target ? target.Exists : File.Exists(path);
        }
        catch (IOException)
        {
            return false; // links that lead around in a circle
        }
    }

    /// <summary>The system's own symbolic link.</summary>
    public static void MakeSymbolicLink(string path, string target) => File.CreateSymbolicLink(path, target);
}
