using System.Security.Cryptography;

namespace Whorl.Testing;

/// <summary>
/// The golden data: the archives under tests/golden, unpacked once a build folder; a builder's folder <c>../shared</c>, which holds the same and
/// what belongs to others (real vocabularies, a real model), goes before them.
/// </summary>
public static class ReferenceData
{
    /// <summary>The root of this checkout: the folder that holds Whorl.slnx.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>The folder with the golden data: its files stand under golden, models and data.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Why a test that needs some of the data is skipped, or null where it is all there.</summary>
    /// <param name="needed">Paths of files or folders, relative to <see cref="Root"/>.</param>
    public static string? SkipReason(params ReadOnlySpan<string> needed)
    {
        foreach (string path in needed)
        {
            if (!Path.Exists(Path.Combine(Root, path)))
            {
                return $"{path} belongs to others and is not in this repository";
            }
        }

        return null;
    }

    /// <summary>The full path of one of its files or folders.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindCheckout()
    {
        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Whorl.slnx")))
            {
                return at.FullName;
            }
        }

        throw new InvalidOperationException($"no Whorl.slnx above {AppContext.BaseDirectory}");
    }

    private static string FindRoot()
    {
        string beside = Path.GetFullPath(Path.Combine(Checkout, "..", "shared"));
        return Directory.Exists(Path.Combine(beside, "golden")) ? beside : Unpacked();
    }

    /// <summary>Unpacks the archives where that is not done yet; test programs that start together wait for the first.</summary>
    private static string Unpacked()
    {
        string[] archives = [.. Directory.GetFiles(Path.Combine(Checkout, "tests", "golden"), "*.tar.br", SearchOption.AllDirectories).Order(StringComparer.Ordinal)];
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string archive in archives)
        {
            hash.AppendData(File.ReadAllBytes(archive));
        }

        string folder = Path.Combine(Checkout, "artifacts", "golden");
        string root = Path.Combine(folder, Convert.ToHexStringLower(hash.GetHashAndReset())[..16]);
        Directory.CreateDirectory(folder);
        using FileStream turn = WaitForTurn(Path.Combine(folder, "lock"));
        if (!Directory.Exists(root))
        {
            string unfinished = root + ".part";
            if (Directory.Exists(unfinished))
            {
                Directory.Delete(unfinished, recursive: true);
            }

            foreach (string archive in archives)
            {
                using FileStream stream = File.OpenRead(archive);
                GoldenArchive.Unpack(stream, unfinished);
            }

            Directory.Move(unfinished, root);
        }

        return root;
    }

    private static FileStream WaitForTurn(string path)
    {
        while (true)
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            }
            catch (IOException) when (File.Exists(path))
            {
                using ManualResetEventSlim pause = new();
                pause.Wait(TimeSpan.FromMilliseconds(50));
            }
        }
    }
}
