using System.Buffers;
using System.Text;

namespace Whorl.Tokenizers.Decoders;

/// <summary>
/// For streams whose decoder shows byte tokens as they are written (Metaspace without ByteFallback): holds such tokens back while their
/// bytes are an unfinished character, as every other stream does.
/// </summary>
internal sealed class ByteHoldingStage(DecoderStage next) : DecoderStage
{
    private readonly List<string> _held = [];
    private readonly List<byte> _bytes = [];

    public override void Add(string token)
    {
        int value = ByteFallbackDecoder.ByteOf(token);
        if (value < 0)
        {
            Release();
            next.Add(token);
            return;
        }

        _held.Add(token);
        _bytes.Add((byte)value);
        while (_bytes.Count > 0)
        {
            OperationStatus status = Rune.DecodeFromUtf8([.. _bytes], out _, out int consumed);
            if (status == OperationStatus.NeedMoreData)
            {
                return;
            }

            _bytes.RemoveRange(0, consumed);
        }

        Release();
    }

    public override void End()
    {
        Release();
        next.End();
    }

    private void Release()
    {
        _held.ForEach(next.Add);
        _held.Clear();
        _bytes.Clear();
    }
}
