using System.Buffers.Binary;

namespace Whorl.Formats.Tests;

/// <summary>Seeded damage to a file, and what reading it may cost.</summary>
internal static class Fuzz
{
    private static readonly ulong[] Lengths =
    [
        0, 1, 0x7F, 0xFF, 0x7FFF, 0xFFFF, 1 << 20, 1 << 29,
        int.MaxValue, uint.MaxValue, 1ul << 40, long.MaxValue, 1ul << 63, ulong.MaxValue,
    ];

    /// <summary>The most bytes a reader may allocate for a damaged file: the stated factor of 64 and a constant for exceptions.</summary>
    public static long AllocationBound(int fileBytes) => (64L * fileBytes) + (1 << 17);

    /// <summary>
    /// Damages a copy: bytes changed, the end cut off, or 1 to 8 bytes replaced by a length that is too large, or all of these.
    /// </summary>
    /// <param name="random">Decides.</param>
    /// <param name="file">Left as it is.</param>
    /// <param name="headerBytes">Damage goes here.</param>
    public static byte[] Damage(Random random, byte[] file, int headerBytes)
    {
        byte[] copy = [.. file];
        Span<byte> length = stackalloc byte[8];
        for (int hits = random.Next(1, 4); hits > 0; hits--)
        {
            int at = random.Next(headerBytes);
            switch (random.Next(4))
            {
                case 0:
                    copy[at] = (byte)random.Next(256);
                    break;
                case 1:
                    copy[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    BinaryPrimitives.WriteUInt64LittleEndian(length, Lengths[random.Next(Lengths.Length)]);
                    int width = Math.Min(1 << random.Next(4), copy.Length - at);
                    length[..width].CopyTo(copy.AsSpan(at));
                    break;
                default:
                    Span<byte> moved = copy.AsSpan(at, Math.Min(random.Next(16), copy.Length - at));
                    moved.CopyTo(copy.AsSpan(random.Next(at + 1)));
                    break;
            }
        }

        return random.Next(4) == 0 ? copy[..random.Next(copy.Length)] : copy;
    }

    /// <summary>Reads a damaged file: it must end in a model or a <see cref="ModelFormatException"/>, within the bound of memory.</summary>
    /// <returns>Whether it was read.</returns>
    public static bool Reads(byte[] file, string path, Action<string> read)
    {
        File.WriteAllBytes(path, file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        bool wasRead = true;
        try
        {
            read(path);
        }
        catch (ModelFormatException)
        {
            wasRead = false;
        }

        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated, 0, AllocationBound(file.Length));
        return wasRead;
    }
}
