using System.Security.Cryptography;
using Whorl.Testing;

namespace Whorl.EndToEnd.Tests;

/// <summary>The golden data of the repository.</summary>
public sealed class GoldenArchiveTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("whorl").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void What_is_packed_comes_out_as_it_was_and_the_same_files_give_the_same_archive()
    {
        string source = Path.Combine(_folder, "source"), target = Path.Combine(_folder, "target");
        Directory.CreateDirectory(Path.Combine(source, "deep"));
        byte[] noise = RandomNumberGenerator.GetBytes(100_000);
        File.WriteAllBytes(Path.Combine(source, "deep", "noise.bin"), noise);
        File.WriteAllBytes(Path.Combine(source, "empty"), []);
        string[] files = ["empty", "deep/noise.bin"];
        using MemoryStream archive = new(), again = new();
        GoldenArchive.Pack(source, files, archive, quality: 4);
        GoldenArchive.Pack(source, files.Reverse(), again, quality: 4);

        archive.Position = 0;
        GoldenArchive.Unpack(archive, target);

        Assert.Equal(archive.ToArray(), again.ToArray());
        Assert.Equal(noise, File.ReadAllBytes(Path.Combine(target, "deep", "noise.bin")));
        Assert.Empty(File.ReadAllBytes(Path.Combine(target, "empty")));
    }

    [ReferenceTheory("golden/tokenizers/gguf")]
    [InlineData("bard")]
    [InlineData("models")]
    [InlineData("offloading")]
    [InlineData("petals")]
    [InlineData("quantisation")]
    [InlineData("speculation")]
    [InlineData("training")]
    public void The_archives_hold_what_lies_beside_the_checkout(string area)
    {
        using FileStream archive = File.OpenRead(Path.Combine(ReferenceData.Checkout, "tests", "golden", area, "data.tar.br"));
        GoldenArchive.Unpack(archive, _folder);

        string[] files = Directory.GetFiles(_folder, "*", SearchOption.AllDirectories);
        Assert.NotEmpty(files);
        Assert.All(files, file => Assert.Equal(
            GoldenArchive.ReadWhole(ReferenceData.PathOf(Path.GetRelativePath(_folder, file))), GoldenArchive.ReadWhole(file)));
    }
}
