using System.Diagnostics.CodeAnalysis;
using System.Threading.Channels;

namespace Whorl.Cli.Chat.Editing;

/// <summary>
/// The keys of this process's console, Ctrl-C among them. They are read all the time, so that nothing is echoed into an answer, what is typed
/// meanwhile is there for the next message, and Ctrl-C is heard.
/// </summary>
internal sealed class ConsoleKeys : IKeySource, IDisposable
{
    private const int MostWaiting = 1 << 21; // more than a message may have; what is beyond is dropped
    private const int MostEmpty = 64; // keys that are none: the console is gone

    private readonly Channel<KeyPress> _keys = Channel.CreateBounded<KeyPress>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleWriter = true });

    private readonly bool _tellsPastes;
    private volatile Action? _interrupted;

    /// <param name="tellsPastes">Whether the console says where pasted text begins and ends.</param>
    public ConsoleKeys(bool tellsPastes)
    {
        _tellsPastes = tellsPastes;
        Console.TreatControlCAsInput = true;
        new Thread(ReadAll) { IsBackground = true, Name = "console keys" }.Start();
    }

    /// <summary>Called at Ctrl-C in place of giving it out as a key; null to give it out.</summary>
    public Action? Interrupted
    {
        get => _interrupted;
        set => _interrupted = value;
    }

    /// <inheritdoc/>
    public async ValueTask<KeyPress?> ReadAsync(CancellationToken cancellationToken) =>
        await _keys.Reader.WaitToReadAsync(cancellationToken) && _keys.Reader.TryRead(out KeyPress key) ? key : null;

    /// <inheritdoc/>
    public bool TryRead(out KeyPress key) => _keys.Reader.TryRead(out key);

    /// <summary>Gives Ctrl-C back. The read under way cannot be ended, and is left behind.</summary>
    public void Dispose() => Console.TreatControlCAsInput = false;

    [SuppressMessage("Design", "CA1031", Justification = "whatever goes wrong on this thread is told to whoever waits for a key")]
    private void ReadAll()
    {
        try
        {
            for (int empty = 0; empty < MostEmpty;)
            {
                ConsoleKeyInfo key = Console.ReadKey(intercept: true);
                empty = key.Key == ConsoleKey.None && key.KeyChar == '\0' ? empty + 1 : 0;
                if (key.Key == ConsoleKey.C && key.Modifiers == ConsoleModifiers.Control && _interrupted is { } interrupted)
                {
                    interrupted();
                    continue;
                }

                _keys.Writer.TryWrite(new KeyPress(key, MoreWaits: !_tellsPastes && Console.KeyAvailable));
            }

            _keys.Writer.Complete();
        }
        catch (Exception e)
        {
            _keys.Writer.Complete(e);
        }
    }
}
