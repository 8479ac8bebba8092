using System.Text;

namespace Whorl.Cli.Engine;

/// <summary>
/// A prompt as the command line gives it: its words, then files, then standard input, with a blank line between two of them. Texts are
/// taken as they are, but for a byte order mark.
/// </summary>
internal sealed class PromptText
{
    /// <summary>What stands for standard input in place of a prompt or a file.</summary>
    public const string StandardInput = "-";

    /// <summary>How long a standard input that is not asked for may be silent once it is needed: it may be a pipe that nobody writes to.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly List<string> _parts = [];
    private readonly InputText? _more;

    private PromptText(InputText? more) => _more = more;

    /// <summary>Whether a command line asks for nothing that could be a prompt, so that a person may want to talk.</summary>
    public static bool IsAbsent(TextRequest request) =>
        request is { Prompt: null, PromptIds: null, Files.Count: 0 } && !Console.IsInputRedirected;

    /// <summary>Reads files, and standard input where it is asked for; where it only may have something, begins to.</summary>
    /// <param name="request">The words, and the files.</param>
    /// <param name="takesInput">Whether standard input that is no terminal belongs to the prompt though nothing names it.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="CliException">A file cannot be read, or is no text.</exception>
    public static async Task<PromptText> BeginAsync(TextRequest request, bool takesInput, CancellationToken cancellationToken)
    {
        bool isNamed = request.Prompt == StandardInput || request.Files.Contains(StandardInput);
        bool isAll = takesInput && request is { Prompt: null, Files.Count: 0 };
        InputText? input = isNamed || isAll || (takesInput && Console.IsInputRedirected) ? InputText.Begin() : null;
        PromptText prompt = new(isNamed || isAll ? null : input);
        string? all = isNamed || isAll ? await input!.ReadAsync(cancellationToken) : null;
        if (isAll)
        {
            prompt._parts.Add(!string.IsNullOrWhiteSpace(all) ? all : throw new CliException(
                $"{(request.Json ? "--json needs a prompt" : "there is no prompt")}: give one, a --file, or text on standard input, which is empty"));
            return prompt;
        }

        if (request.Prompt is { } words)
        {
            prompt._parts.Add(words == StandardInput ? all! : words);
        }

        foreach (string file in request.Files)
        {
            prompt._parts.Add(file == StandardInput ? all! : await InputText.ReadFileAsync(file, cancellationToken));
        }

        return prompt;
    }

    /// <summary>The whole prompt.</summary>
    /// <exception cref="CliException">It is empty, or standard input is no text.</exception>
    public async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        if (_more is not null)
        {
            if (await _more.HasBegunAsync(Patience, cancellationToken))
            {
                _parts.Add(await _more.ReadAsync(cancellationToken));
            }
            else
            {
                await Console.Error.WriteLineAsync(
                    $"whorl: nothing came on standard input in {Patience.TotalSeconds:F0} s, so it is no part of the prompt; to wait for it, give -f -");
            }
        }

        string[] filled = [.. _parts.Where(part => !string.IsNullOrWhiteSpace(part))];
        if (filled.Length == 0)
        {
            return _parts.MaxBy(part => part.Length) is { Length: > 0 } blank
                ? blank
                : throw new CliException("the prompt is empty; give at least one character");
        }

        StringBuilder text = new();
        foreach (string part in filled[..^1])
        {
            text.Append(part.TrimEnd('\r', '\n')).Append("\n\n");
        }

        return text.Append(filled[^1]).ToString();
    }
}
