using Microsoft.Win32.SafeHandles;

namespace Whorl.Formats;

/// <summary>Opening and reading of model files, with errors that name the file.</summary>
internal static class TensorFile
{
    /// <summary>Opens for reading at positions; others may read, replace or delete the file meanwhile.</summary>
    /// <exception cref="ModelFormatException">It does not exist, is a folder, or may not be read.</exception>
    public static SafeFileHandle Open(string path)
    {
        try
        {
            // Without a hint of random access: tensors are read from end to end, and the system should read ahead.
            return File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ModelFormatException(path, "there is no such file", inner: e);
        }
        catch (UnauthorizedAccessException e)
        {
            throw new ModelFormatException(path, "the file may not be read; is it a folder, or another user's?", inner: e);
        }
    }

    /// <summary>Fills the whole destination, or throws because the file ends before.</summary>
    public static void ReadExactly(SafeFileHandle handle, string path, long offset, Span<byte> destination, string? tensor = null)
    {
        long at = offset;
        while (!destination.IsEmpty)
        {
            int count = RandomAccess.Read(handle, destination, at);
            if (count == 0)
            {
                throw new ModelFormatException(
                    path, $"the file ends where {destination.Length} more bytes should be; it is truncated, download it again", tensor, at);
            }

            at += count;
            destination = destination[count..];
        }
    }
}
