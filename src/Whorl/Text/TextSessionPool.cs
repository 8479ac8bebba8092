using Whorl.Generation;

namespace Whorl;

/// <summary>Sessions that nobody uses at the moment, kept for texts that begin with what they hold.</summary>
/// <param name="model">The model.</param>
internal sealed class TextSessionPool(ICausalModel model) : IAsyncDisposable
{
    /// <summary>Sessions that are kept: each has the keys and values of its text.</summary>
    public const int MostIdle = 2;

    private readonly Lock _gate = new(); // guards the list
    private readonly List<TextSession> _idle = []; // the one last used comes last

    /// <summary>The session that holds most of a text's beginning; a new one where none holds any of it.</summary>
    public TextSession Take(ReadOnlySpan<int> prompt, int maxLength)
    {
        lock (_gate)
        {
            int best = -1, most = 0;
            for (int i = 0; i < _idle.Count; i++)
            {
                if (_idle[i].GoesOnWith(prompt, maxLength) && _idle[i].Committed > most)
                {
                    (best, most) = (i, _idle[i].Committed);
                }
            }

            if (best < 0)
            {
                return new TextSession(model);
            }

            TextSession taken = _idle[best];
            _idle.RemoveAt(best);
            return taken;
        }
    }

    /// <summary>Keeps a session for later; the one that was not used for longest is closed where there are too many.</summary>
    public async ValueTask GiveBackAsync(TextSession session)
    {
        TextSession? oldest = null;
        lock (_gate)
        {
            _idle.Add(session);
            if (_idle.Count > MostIdle)
            {
                oldest = _idle[0];
                _idle.RemoveAt(0);
            }
        }

        if (oldest is not null)
        {
            await oldest.DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (TextSession session in _idle)
        {
            await session.DisposeAsync();
        }

        _idle.Clear();
    }
}
