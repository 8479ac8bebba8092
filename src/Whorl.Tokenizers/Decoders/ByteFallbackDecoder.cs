using System.Globalization;
using System.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>
/// ByteFallback: a run of tokens &lt;0x00&gt; to &lt;0xFF&gt; becomes its UTF-8, or one U+FFFD per byte where it is not all
/// valid.
/// </summary>
/// <remarks>
/// In a stream, bytes show as soon as they make a character; a run that turns out broken later then differs from the whole.
/// </remarks>
internal sealed class ByteFallbackDecoder : TokenDecoder
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public override DecoderStage Begin(DecoderStage next, bool stream, bool fused)
    {
        var stage = new Stage(next, stream);
        return fused && stream ? new FusingStage(stage) : stage;
    }

    /// <summary>The byte that a token stands for, or -1.</summary>
    internal static int ByteOf(string token) =>
        token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
        && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : -1;

    private sealed class Stage(DecoderStage next, bool stream) : DecoderStage
    {
        private readonly List<byte> _run = [];
        private readonly Utf8Stream _utf8 = new();

        public override void Add(string token)
        {
            int value = ByteOf(token);
            if (value < 0)
            {
                EndRun();
                next.Add(token);
                return;
            }

            if (stream)
            {
                Pass(_utf8.Append([(byte)value]));
            }
            else
            {
                _run.Add((byte)value);
            }
        }

        public override void End()
        {
            EndRun();
            next.End();
        }

        private void Pass(string text)
        {
            if (text.Length > 0)
            {
                next.Add(text);
            }
        }

        private void EndRun()
        {
            if (stream)
            {
                Pass(_utf8.Flush());
                return;
            }

            if (_run.Count == 0)
            {
                return;
            }

            try
            {
                next.Add(Strict.GetString([.. _run]));
            }
            catch (DecoderFallbackException)
            {
                for (int i = 0; i < _run.Count; i++)
                {
                    next.Add("\uFFFD");
                }
            }

            _run.Clear();
        }
    }
}
