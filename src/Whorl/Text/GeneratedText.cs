using System.Threading.Channels;

namespace Whorl;

/// <summary>
/// A text in pieces, as they come. It is computed while it is enumerated, once, and never on the thread of who enumerates; leaving the loop, or
/// cancelling it, ends the computing.
/// </summary>
public sealed class GeneratedText : IAsyncEnumerable<string>
{
    private readonly TextWriting _write;
    private TextResult? _result;
    private int _begun;

    internal GeneratedText(TextWriting write) => _write = write;

    /// <summary>Writes a text.</summary>
    /// <param name="show">Gets the pieces.</param>
    /// <param name="settle">Gets what became of it, also where it fails afterwards.</param>
    /// <param name="cancellationToken">Ends it.</param>
    internal delegate Task TextWriting(Action<string> show, Action<TextResult> settle, CancellationToken cancellationToken);

    /// <summary>What was written and how it went: when it has ended, or of what there was when it was left, cancelled or failed.</summary>
    /// <exception cref="InvalidOperationException">The text has not begun, or is still being written.</exception>
    public TextResult Result => _result ?? throw new InvalidOperationException("there is no result yet; read the text to its end first");

    /// <summary>Reads the text to its end.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<TextResult> ToResultAsync(CancellationToken cancellationToken = default)
    {
        await foreach (string piece in this.WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            _ = piece; // the result has the whole
        }

        return Result;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">The text was enumerated before: what follows it is another text.</exception>
    public async IAsyncEnumerator<string> GetAsyncEnumerator(CancellationToken cancellationToken = default)
    {
        if (Interlocked.Exchange(ref _begun, 1) != 0)
        {
            throw new InvalidOperationException("a text is written once; ask for another one, or keep what was read");
        }

        using CancellationTokenSource ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Channel<string> pieces = Channel.CreateUnbounded<string>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true });
        Task writing = Task.Run(() => WriteAsync(pieces.Writer, ending.Token), CancellationToken.None);
        try
        {
            await foreach (string piece in pieces.Reader.ReadAllAsync(CancellationToken.None)) // which ends when the writing does
            {
                yield return piece;
            }

            await writing;
            if (_result is { StopReason: Generation.StopReason.None })
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await ending.CancelAsync();
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // told above, unless the loop was left
        }
    }

    private async Task WriteAsync(ChannelWriter<string> pieces, CancellationToken cancellationToken)
    {
        try
        {
            await _write(piece => pieces.TryWrite(piece), result => _result = result, cancellationToken);
        }
        finally
        {
            pieces.Complete();
        }
    }
}
