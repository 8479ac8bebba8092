using System.Text;

namespace Whorl.Generation;

/// <summary>Text on its way out: what may be the beginning of a stop string is held back until it is known.</summary>
/// <remarks>
/// Special tokens have a text too, which is not shown: stop strings are looked for in it as well, alone or together with what stands around
/// it.
/// </remarks>
/// <param name="stopStrings">Strings that end the text; empty ones are passed over.</param>
public sealed class StopStringFilter(IReadOnlyList<string> stopStrings)
{
    private readonly IReadOnlyList<string> _stops = [.. stopStrings.Where(s => s.Length > 0)];
    private readonly StringBuilder _held = new();
    private readonly List<bool> _isHidden = []; // one for each character held

    /// <summary>Whether a stop string was met; nothing comes after.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Adds text and returns what may be shown.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isHidden">Whether it only counts, and is never shown: a special token's.</param>
    public string Append(string text, bool isHidden = false)
    {
        if (Stopped)
        {
            return "";
        }

        if (_stops.Count == 0)
        {
            return isHidden ? "" : text;
        }

        _held.Append(text);
        _isHidden.AddRange(Enumerable.Repeat(isHidden, text.Length));
        string all = _held.ToString();
        int first = -1;
        foreach (string stop in _stops)
        {
            int at = all.IndexOf(stop, StringComparison.Ordinal);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }

        if (first >= 0)
        {
            Stopped = true;
            return Release(all, first);
        }

        return Release(all, all.Length - _stops.Max(stop => Overlap(all, stop)));
    }

    /// <summary>What is left at the end.</summary>
    public string Flush() => Stopped ? "" : Release(_held.ToString(), _held.Length);

    /// <summary>What is shown of the first characters held; they are held no longer.</summary>
    private string Release(string all, int count)
    {
        StringBuilder shown = new(count);
        for (int i = 0; i < count; i++)
        {
            if (!_isHidden[i])
            {
                shown.Append(all[i]);
            }
        }

        _held.Remove(0, count);
        _isHidden.RemoveRange(0, count);
        return shown.ToString();
    }

    /// <summary>Length of the longest end of the text that begins the stop string.</summary>
    private static int Overlap(string text, string stop)
    {
        for (int length = Math.Min(stop.Length - 1, text.Length); length > 0; length--)
        {
            if (text.AsSpan(text.Length - length).SequenceEqual(stop.AsSpan(0, length)))
            {
                return length;
            }
        }

        return 0;
    }
}
