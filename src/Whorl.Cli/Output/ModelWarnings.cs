namespace Whorl.Cli.Output;

/// <summary>Tells on standard error what is no error, but should be known: each line once.</summary>
internal static class ModelWarnings
{
    private static readonly HashSet<string> Told = [];

    /// <summary>Tells one.</summary>
    public static void Tell(ModelWarning warning)
    {
        string line = warning.Kind == ModelWarningKind.Files ? $"whorl: warning: {warning.Text} (--strict refuses this)" : $"whorl: {warning.Text}";
        lock (Told)
        {
            if (Told.Add(line))
            {
                ProgressLine.Clear();
                Console.Error.WriteLine(line);
            }
        }
    }
}
