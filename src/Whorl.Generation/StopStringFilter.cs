using System.Text;

namespace Whorl.Generation;

/// <summary>Text on its way out: what may be the beginning of a stop string is held back until it is known.</summary>
/// <param name="stopStrings">Strings that end the text; empty ones are passed over.</param>
public sealed class StopStringFilter(IReadOnlyList<string> stopStrings)
{
    private readonly IReadOnlyList<string> _stops = [.. stopStrings.Where(s => s.Length > 0)];
    private readonly StringBuilder _held = new();

    /// <summary>Whether a stop string was met; nothing comes after.</summary>
    public bool Stopped { get; private set; }

    /// <summary>Adds text and returns what may be shown.</summary>
    public string Append(string text)
    {
        if (Stopped)
        {
            return "";
        }

        if (_stops.Count == 0)
        {
            return text;
        }

        _held.Append(text);
        string all = _held.ToString();
        int first = -1;
        foreach (string stop in _stops)
        {
            int at = all.IndexOf(stop, StringComparison.Ordinal);
            first = at >= 0 && (first < 0 || at < first) ? at : first;
        }

        _held.Clear();
        if (first >= 0)
        {
            Stopped = true;
            return all[..first];
        }

        int keep = _stops.Max(stop => Overlap(all, stop));
        _held.Append(all, all.Length - keep, keep);
        return all[..^keep];
    }

    /// <summary>What is left at the end.</summary>
    public string Flush()
    {
        string rest = Stopped ? "" : _held.ToString();
        _held.Clear();
        return rest;
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
