namespace Whorl.Cli.Arguments;

/// <summary>What somebody who mistyped a word may have meant.</summary>
internal static class Spelling
{
    private const int LettersOfAFault = 3; // one fault is likely in a word of so many letters, two in twice as many

    /// <summary>The likeliest of some words; null where none is near.</summary>
    /// <param name="word">What was typed.</param>
    /// <param name="words">What there is.</param>
    public static string? Nearest(string word, IEnumerable<string> words)
    {
        string bare = Bare(word);
        (string Word, int Distance)[] near =
        [
            .. from candidate in words
               let meant = Bare(candidate)
               let begins = bare.Length > 1 && meant.StartsWith(bare, StringComparison.Ordinal)
               let distance = begins ? 1 : Distance(bare, meant)
               where begins || (distance <= Math.Max(1, Math.Max(bare.Length, meant.Length) / LettersOfAFault) && distance < Math.Min(bare.Length, meant.Length))
                   || distance == 0
               orderby distance, Math.Abs(candidate.Length - word.Length), candidate
               select (candidate, distance),
        ];
        return near.Length > 0 ? near[0].Word : null;
    }

    /// <summary>The least number of letters to add, leave out, change or swap with a neighbour.</summary>
    /// <remarks>Optimal string alignment: Damerau, Communications of the ACM 7 (1964), by dynamic programming.</remarks>
    public static int Distance(string a, string b)
    {
        int[,] least = new int[a.Length + 1, b.Length + 1];
        for (int i = 0; i <= a.Length; i++)
        {
            for (int j = 0; j <= b.Length; j++)
            {
                if (i == 0 || j == 0)
                {
                    least[i, j] = i + j;
                    continue;
                }

                int change = least[i - 1, j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
                least[i, j] = Math.Min(change, 1 + Math.Min(least[i - 1, j], least[i, j - 1]));
                if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                {
                    least[i, j] = Math.Min(least[i, j], 1 + least[i - 2, j - 2]);
                }
            }
        }

        return least[a.Length, b.Length];
    }

    /// <summary>Case, leading dashes and the sort of dash between words are no matter of spelling.</summary>
    private static string Bare(string word) => (word.Length > 64 ? word[..64] : word).TrimStart('-').Replace('_', '-').ToLowerInvariant();
}
