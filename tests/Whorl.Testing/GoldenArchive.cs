using System.Formats.Tar;
using System.IO.Compression;

namespace Whorl.Testing;

/// <summary>
/// A folder of golden data in one file: a tar archive under Brotli. Files that are gzip themselves (<c>*.gz</c>) lie in it unpacked, since they
/// compress far better together, and are packed again as they are taken out; all others come out byte for byte.
/// </summary>
public static class GoldenArchive
{
    /// <summary>Writes the archive of some files of a folder; the same files give the same bytes.</summary>
    /// <param name="folder">The folder.</param>
    /// <param name="files">The files' paths, relative to it, with '/' between the parts.</param>
    /// <param name="archive">Where the archive is written to.</param>
    /// <param name="quality">Brotli's quality, 0 to 11.</param>
    public static void Pack(string folder, IEnumerable<string> files, Stream archive, int quality)
    {
        using BrotliStream compressed = new(archive, new BrotliCompressionOptions { Quality = quality }, leaveOpen: true);
        using TarWriter tar = new(compressed, TarEntryFormat.Pax, leaveOpen: true);
        foreach (string file in files.Order(StringComparer.Ordinal))
        {
            using MemoryStream content = new(ReadWhole(Path.Combine(folder, file)));
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, file) { ModificationTime = DateTimeOffset.UnixEpoch, DataStream = content });
        }
    }

    /// <summary>Takes all files out of an archive of this repository.</summary>
    /// <param name="archive">The archive.</param>
    /// <param name="folder">Where they are put; folders are made.</param>
    public static void Unpack(Stream archive, string folder)
    {
        using BrotliStream compressed = new(archive, CompressionMode.Decompress);
        using TarReader tar = new(compressed);
        while (tar.GetNextEntry() is { } entry)
        {
            string path = Path.Combine(folder, entry.Name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            using FileStream file = File.Create(path);
            using Stream target = IsGzip(path) ? new GZipStream(file, CompressionLevel.Fastest) : file;
            entry.DataStream?.CopyTo(target);
        }
    }

    /// <summary>A file's content; that of a gzip file is what it holds.</summary>
    public static byte[] ReadWhole(string path)
    {
        if (!IsGzip(path))
        {
            return File.ReadAllBytes(path);
        }

        using GZipStream zip = new(File.OpenRead(path), CompressionMode.Decompress);
        using MemoryStream content = new();
        zip.CopyTo(content);
        return content.ToArray();
    }

    private static bool IsGzip(string path) => path.EndsWith(".gz", StringComparison.Ordinal);
}
