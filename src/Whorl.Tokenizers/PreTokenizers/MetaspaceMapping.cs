using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.PreTokenizers;

/// <summary>The part of Metaspace that writes spaces as a visible character and puts one before pieces, by the scheme.</summary>
internal sealed class MetaspaceMapping(string replacement, PrependScheme scheme) : RewritingPreTokenizer
{
    public override bool AsksForOrigin => scheme == PrependScheme.First;

    protected override void Rewrite(PieceBuffer buffer, Piece piece, AlignedText target)
    {
        AlignedText source = buffer.Text;
        ReadOnlySpan<char> text = buffer.SpanOf(piece);
        bool begins = text[0] == ' ' || text.StartsWith(replacement, StringComparison.Ordinal);
        if (!begins && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && buffer.OriginOf(piece) == 0)))
        {
            target.Append(replacement, source, piece.Start);
        }

        for (int i = piece.Start; i < piece.End; i++)
        {
            if (source.Span[i] == ' ')
            {
                target.Append(replacement, source, i);
            }
            else
            {
                target.Append(source.Span[i], source, i);
            }
        }
    }
}
