using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Whorl.Tensors;

namespace Whorl.Models;

/// <summary>
/// Digest of one block's weights, taken while they are read: whoever holds the block has the same, whatever else he holds.
/// </summary>
/// <remarks>
/// The first 16 bytes of SHA-256 of a text: a line <c>role.expert form hash</c> for each weight, in ordinal order. A vector's hash is the
/// <see cref="RowHash"/> of its float32 values. Of a matrix each row is hashed as it is handed to the backend, by whichever thread reads
/// it while it is hot, and the rows' hashes are hashed in order.
/// </remarks>
internal sealed class BlockDigest
{
    private const int DigestBytes = 16;

    private readonly SortedSet<string> _weights = new(StringComparer.Ordinal);

    /// <summary>The digest of what was added.</summary>
    public UInt128 Value =>
        BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(_weights))).AsSpan(0, DigestBytes));

    /// <summary>Adds a vector.</summary>
    public void Add(string name, ReadOnlySpan<float> values) =>
        Add(name, $"vector {values.Length}", RowHash.Of(MemoryMarshal.AsBytes(values)));

    /// <summary>Adds a matrix whose rows were all read through <see cref="Rows.Read"/>.</summary>
    public void Add(string name, Rows rows) => Add(name, $"{rows.Matrix.Type} {rows.Matrix.Rows} {rows.Matrix.Columns}", rows.Value);

    private void Add(string name, string form, UInt128 hash) =>
        _weights.Add(string.Create(CultureInfo.InvariantCulture, $"{name} {form} {hash:x32}\n"));

    /// <summary>
    /// Hashes a matrix's rows as they are read, in any order, by several threads at once, and again where they are asked for again.
    /// </summary>
    /// <param name="matrix">The matrix.</param>
    internal sealed class Rows(PackRequest matrix)
    {
        private readonly UInt128[] _hashes = new UInt128[matrix.Rows];
        private readonly int _rowBytes = checked((int)ElementTypes.Info(matrix.Type).BytesFor(matrix.Columns));

        /// <summary>The matrix.</summary>
        public PackRequest Matrix => matrix;

        /// <summary>The matrix's hash, once every row was read.</summary>
        public UInt128 Value => RowHash.Of(MemoryMarshal.AsBytes(_hashes.AsSpan()));

        /// <summary>Reads rows.</summary>
        [MethodImpl(MethodImplOptions.AggressiveOptimization)]
        public void Read(int row, Span<byte> into)
        {
            matrix.Read(row, into);
            for (; !into.IsEmpty; into = into[_rowBytes..])
            {
                _hashes[row++] = RowHash.Of(into[.._rowBytes]);
            }
        }
    }
}
