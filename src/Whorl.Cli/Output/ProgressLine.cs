using System.Globalization;

namespace Whorl.Cli.Output;

/// <summary>
/// How far something is, on one line of the terminal that is gone when it is done. Written where it is reported, and not by a painter of its own, so
/// that it never runs into other text.
/// </summary>
/// <param name="what">What is done.</param>
/// <param name="unit">What is counted.</param>
internal sealed class ProgressLine(string what, string unit)
{
    private const int Width = 30;

    private static readonly Lock Gate = new(); // guards what is written
    private static int _written; // there is one terminal

    /// <summary>Shows it; at the end, takes it away.</summary>
    /// <param name="done">How many are done.</param>
    /// <param name="total">Of how many.</param>
    public void Show(int done, int total)
    {
        if (done >= total)
        {
            Clear();
            return;
        }

        int marks = (int)((long)Width * done / total);
        string line = string.Create(
            CultureInfo.InvariantCulture, $"{what} {new string('#', marks)}{new string('-', Width - marks)} {done} of {total} {unit}");
        lock (Gate)
        {
            Console.Error.Write($"\r{line}");
            _written = Math.Max(_written, line.Length);
        }
    }

    /// <summary>Takes it away, whoever showed it: before something else is written there.</summary>
    public static void Clear()
    {
        lock (Gate)
        {
            if (_written > 0)
            {
                Console.Error.Write($"\r{new string(' ', _written)}\r");
                _written = 0;
            }
        }
    }
}
