namespace Whorl.Testing;

/// <summary>The reference data that lies beside a builder's checkout and is absent from a user's clone.</summary>
public static class ReferenceData
{
    /// <summary>The root of this checkout: the folder that holds Whorl.slnx.</summary>
    public static string Checkout { get; } = FindCheckout();

    /// <summary>The folder with the reference data, or null where it is absent.</summary>
    public static string? Root { get; } = FindRoot();

    /// <summary>Why a test that needs the data is skipped, or null where it is there.</summary>
    public static string? SkipReason => Root is null ? "the reference data (../shared) is not beside this checkout" : null;

    /// <summary>The full path of one of its files or folders.</summary>
    /// <exception cref="InvalidOperationException">The data are absent; the test should carry <see cref="ReferenceFactAttribute"/>.</exception>
    public static string PathOf(params string[] parts) =>
        Path.Combine([Root ?? throw new InvalidOperationException(SkipReason), .. parts]);

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

    private static string? FindRoot()
    {
        string beside = Path.GetFullPath(Path.Combine(Checkout, "..", "shared"));
        return Directory.Exists(Path.Combine(beside, "golden")) ? beside : null;
    }
}
