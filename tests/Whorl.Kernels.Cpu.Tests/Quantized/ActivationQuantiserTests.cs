using Whorl.Kernels.Cpu.Quantized.Activations;

namespace Whorl.Kernels.Cpu.Tests.Quantized;

public sealed unsafe class ActivationQuantiserTests
{
    [Fact]
    public void Every_form_gives_the_definitions_blocks()
    {
        var random = new Random(20260827);
        float[] x = [.. Enumerable.Range(0, 4096).Select(i => (random.NextSingle() - 0.5f) * MathF.ScaleB(1, (i / 32 * 2) - 126))];
        x[5] = float.NaN;
        x[40] = float.NegativeInfinity;
        x.AsSpan(64, 32).Clear();
        x.AsSpan(96, 32).Fill(float.Epsilon);
        ActivationBlock[] expected = Linear.Reference.Quantise(x);
        for (InstructionSet set = InstructionSets.Best; set > InstructionSet.Scalar; set--)
        {
            var actual = new ActivationBlock[expected.Length];
            fixed (float* from = x)
            fixed (ActivationBlock* to = actual)
            {
                ActivationQuantiser.Quantise(from, to, actual.Length, set);
            }

            for (int b = 0; b < actual.Length; b++)
            {
                ref ActivationBlock a = ref actual[b], e = ref expected[b];
                Assert.Equal((BitConverter.SingleToInt32Bits(e.Scale), e.EightSums, e.SumLow, e.SumHigh), (BitConverter.SingleToInt32Bits(a.Scale), a.EightSums, a.SumLow, a.SumHigh));
                Assert.Equal(e.ScaledSum, a.ScaledSum);
                for (int i = 0; i < ActivationBlock.Size; i++)
                {
                    Assert.Equal(e.Codes[i], a.Codes[i]);
                }
            }
        }
    }

    [Fact]
    public void Ties_go_to_even_and_the_largest_becomes_127()
    {
        float[] x = new float[32];
        (x[0], x[1], x[2], x[3], x[4]) = (-127, 0.5f, 1.5f, -2.5f, 126.49f);
        ActivationBlock block = Linear.Reference.Quantise(x)[0];
        Assert.Equal((1f, -127, 0, 2, -2, 126), (block.Scale, block.Codes[0], block.Codes[1], block.Codes[2], block.Codes[3], block.Codes[4]));
        Assert.Equal(8 * (-127 + 0 + 2 - 2 + 126), block.EightSums);
    }

    [Fact]
    public void A_block_is_48_bytes_with_its_fields_where_the_kernels_look()
    {
        ActivationBlock block = default;
        byte* start = (byte*)&block;
        Assert.Equal(ActivationBlock.Bytes, sizeof(ActivationBlock));
        Assert.Equal(ActivationBlock.ScaleAt, (byte*)&block.Scale - start);
        Assert.Equal(ActivationBlock.EightSumsAt, (byte*)&block.EightSums - start);
        Assert.Equal(ActivationBlock.ScaledSumAt, (byte*)&block.ScaledSum - start);
        Assert.Equal(ActivationBlock.SumLowAt, (byte*)&block.SumLow - start);
    }
}
