namespace Whorl.Cli.Chat;

/// <summary>Answers on standard output; all else on standard error, dim where that is a terminal with colours.</summary>
internal sealed class ConsoleOutput : IChatOutput
{
    private readonly bool _looksOn = !Console.IsErrorRedirected;
    private readonly bool _dims;
    private bool _atStart = true;

    /// <param name="dims">Whether standard error understands how to write dim.</param>
    public ConsoleOutput(bool dims) => _dims = dims && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));

    /// <inheritdoc/>
    public void Answer(string piece)
    {
        Console.Out.Write(Console.IsOutputRedirected ? piece : Clean(piece));
        _atStart = piece.EndsWith('\n');
    }

    /// <inheritdoc/>
    public void EndAnswer()
    {
        if (!_atStart)
        {
            Console.Out.WriteLine();
            _atStart = true;
        }
    }

    /// <inheritdoc/>
    public void Note(string line)
    {
        if (!_atStart)
        {
            Console.Error.WriteLine(); // the answer, on standard output, goes on behind the note as if there were none
            _atStart = true;
        }

        Console.Error.WriteLine(_dims ? $"\e[2m{line}\e[22m" : line);
    }

    /// <inheritdoc/>
    public void Status(string line)
    {
        if (_looksOn)
        {
            Note(line);
        }
    }

    /// <inheritdoc/>
    public void Print(string text) => Console.Error.WriteLine(text);

    /// <summary>What a model writes is text: it does not move the cursor, nor speak to the terminal.</summary>
    private static string Clean(string piece) =>
        piece.Any(IsCommand) ? string.Concat(piece.Select(c => IsCommand(c) ? '\uFFFD' : c)) : piece;

    private static bool IsCommand(char character) => char.IsControl(character) && character is not ('\n' or '\t' or '\r');
}
