using Whorl.Models;

namespace Whorl.Cli.Output;

/// <summary>Opens models, and tells on standard error what their files hold that is passed over: each line once.</summary>
internal static class ModelWarnings
{
    private static readonly HashSet<string> Told = [];

    /// <summary>Opens a folder or a GGUF file.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="strict">Whether what would be told is refused.</param>
    public static ModelSource Open(string path, bool strict)
    {
        ModelSource source = ModelSource.Open(path, strict: strict);
        lock (Told)
        {
            foreach (string warning in source.Warnings.Where(Told.Add))
            {
                Console.Error.WriteLine($"whorl: warning: {warning} (--strict refuses this)");
            }
        }

        return source;
    }
}
