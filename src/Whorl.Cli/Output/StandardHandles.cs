namespace Whorl.Cli.Output;

/// <summary>Whether a standard stream was there when the program started.</summary>
internal static class StandardHandles
{
    private const string Folder = "/proc/self/fd";

    /// <summary>Whether a stream was closed. Its number then went to the next that was opened: a pipe by which .NET wakes itself.</summary>
    /// <param name="number">0 for standard input, 1 for standard output.</param>
    /// <returns>False where the system (Linux) does not tell.</returns>
    public static bool IsClosed(int number)
    {
        try
        {
            string? target = TargetOf($"{Folder}/{number}");
            return OperatingSystem.IsLinux() && target is not null && target.StartsWith("pipe:", StringComparison.Ordinal)
                && Directory.GetFiles(Folder).Any(file => TargetOf(file) == target && Mode(file) != Mode($"{Folder}/{number}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string? TargetOf(string file) => File.Exists(file) || Path.Exists(file) ? new FileInfo(file).LinkTarget : null;

    /// <summary>Read, write or both: the last digit of the flags.</summary>
    private static char Mode(string file)
    {
        string path = file.Replace("/fd/", "/fdinfo/", StringComparison.Ordinal);
        string? flags = File.Exists(path) ? File.ReadLines(path).FirstOrDefault(line => line.StartsWith("flags:", StringComparison.Ordinal)) : null;
        return flags is { Length: > 0 } ? flags[^1] : '?';
    }
}
