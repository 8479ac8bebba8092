using Whorl.Tokenizers.Text;
using Whorl.Tokenizers.Unicode;

namespace Whorl.Tokenizers.PostProcessors;

/// <summary>ByteLevel: takes white space out of the offsets, if it is to.</summary>
internal sealed class ByteLevelPostProcessor(bool addPrefixSpace, bool trimOffsets) : PostProcessor
{
    public override List<EncodedSequence> Process(List<EncodedSequence> sequences, bool addSpecialTokens, Func<int, string?> tokenOf)
    {
        if (trimOffsets)
        {
            sequences.ForEach(sequence => Trim(sequence, addPrefixSpace, tokenOf));
        }

        return sequences;
    }

    /// <summary>Source: process_offsets in tokenizers' pre_tokenizers/byte_level.rs.</summary>
    public static void Trim(EncodedSequence sequence, bool addPrefixSpace, Func<int, string?> tokenOf)
    {
        for (int i = 0; i < sequence.Offsets?.Count; i++)
        {
            string token = sequence.Texts.GetValueOrDefault(i) ?? tokenOf(sequence.Ids[i]) ?? "";
            (int start, int end) = sequence.Offsets[i];
            int leading = token.TakeWhile(IsSpace).Count();
            int trailing = token.Reverse().TakeWhile(IsSpace).Count();
            if ((i == 0 || start == 0) && addPrefixSpace && leading == 1)
            {
                leading = 0; // the space that was added lies nowhere
            }

            start = leading > 0 ? Math.Min(start + leading, end) : start;
            end = trailing > 0 && end >= trailing ? Math.Max(end - trailing, start) : end;
            sequence.Offsets[i] = new TokenOffset(start, end);
        }
    }

    private static bool IsSpace(char c) => c == ByteAlphabet.OfByte((byte)' ') || CodePoints.WhiteSpace.Contains(c);
}
