using System.Globalization;
using System.Text;
using Whorl.Tokenizers.Decoders;
using Whorl.Tokenizers.Normalizers;
using Whorl.Tokenizers.Text;

namespace Whorl.Tokenizers.SentencePiece;

/// <summary>SentencePiece's own decoding: no space at the very beginning, nothing for control pieces, a surface for unknown ones.</summary>
/// <remarks>Source: sentencepiece_processor.cc, Decode. Bytes that are no UTF-8 become one U+FFFD each.</remarks>
internal sealed class SentencePieceDecoder(SentencePieceFile file) : TokenDecoder
{
    private readonly Dictionary<string, PieceType> _types = MakeTypes(file);
    private readonly bool _trimsFirst = file.AddDummyPrefix || file.RemoveExtraWhitespaces;
    private readonly SentencePieceNormalizer? _denormalizer =
        file.Denormalizer.Length == 0 ? null : new SentencePieceNormalizer(new CharacterMap(file.Denormalizer), []);

    public override bool Fuses => true;

    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        if (_denormalizer is not null)
        {
            next = new FusingStage(new MappingStage(
                next, (text, _) => _denormalizer.Normalize(AlignedText.OfOriginal(text, aligned: false)).ToString()));
        }

        return new Stage(this, next);
    }

    private static Dictionary<string, PieceType> MakeTypes(SentencePieceFile file)
    {
        var types = new Dictionary<string, PieceType>();
        for (int id = 0; id < file.Pieces.Count; id++)
        {
            if (file.Types[id] is PieceType.Control or PieceType.Unknown or PieceType.Byte)
            {
                types[file.Pieces[id]] = file.Types[id];
            }
        }

        return types;
    }

    private sealed class Stage(SentencePieceDecoder decoder, DecoderStage next) : DecoderStage
    {
        private readonly List<byte> _bytes = [];
        private bool _atBeginning = true;
        private bool _consumed; // a space at the beginning was dropped

        public override void Add(string token)
        {
            PieceType type = decoder._types.GetValueOrDefault(token, PieceType.Normal);
            if (type == PieceType.Byte)
            {
                _bytes.Add(byte.Parse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
                PassBytes(atEnd: false);
                return;
            }

            PassBytes(atEnd: true);
            _atBeginning &= !_consumed;
            _consumed = false;
            if (type == PieceType.Control)
            {
                return;
            }

            if (type == PieceType.Unknown)
            {
                Pass(decoder.UnknownSurface);
                return;
            }

            if (_atBeginning && decoder._trimsFirst && token.StartsWith('\u2581'))
            {
                token = token[1..];
                _consumed = !decoder.RemovesAllLeading;
            }

            Pass(token.Replace('\u2581', ' '));
        }

        public override void End()
        {
            PassBytes(atEnd: true);
            next.End();
        }

        private void Pass(string text)
        {
            if (text.Length > 0)
            {
                next.Add(text);
                _atBeginning = false;
            }
        }

        private void PassBytes(bool atEnd)
        {
            while (_bytes.Count > 0)
            {
                System.Buffers.OperationStatus status = Rune.DecodeFromUtf8([.. _bytes], out Rune rune, out int consumed);
                if (status == System.Buffers.OperationStatus.NeedMoreData && !atEnd)
                {
                    return;
                }

                bool whole = status == System.Buffers.OperationStatus.Done;
                _bytes.RemoveRange(0, whole ? consumed : 1);
                Pass(whole ? rune.ToString() : "\uFFFD");
            }
        }
    }

    private string UnknownSurface => file.UnknownSurface;

    private bool RemovesAllLeading => file.RemoveExtraWhitespaces;
}
