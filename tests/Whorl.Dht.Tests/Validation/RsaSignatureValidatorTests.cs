using System.Security.Cryptography;
using System.Text;
using Whorl.Dht.Kademlia;
using Whorl.Dht.Records;
using Whorl.Dht.Validation;

namespace Whorl.Dht.Tests.Validation;

public sealed class RsaSignatureValidatorTests : IDisposable
{
    private readonly RSA _key = RSA.Create(2048);

    [Fact]
    public void A_protected_record_is_valid_only_as_its_owner_signed_it()
    {
        RsaSignatureValidator owner = new(_key);
        RsaSignatureValidator reader = new();
        DhtRecord record = Record(owner.OwnerTag);
        DhtRecord signed = record with { Value = owner.Sign(record) };

        Assert.True(reader.Validate(signed));
        Assert.Equal(record.Value.ToArray(), reader.Strip(signed).ToArray());
        Assert.False(reader.Validate(record));
        Assert.False(reader.Validate(signed with { Expiration = signed.Expiration + 1 }));
        Assert.False(reader.Validate(signed with { Key = DhtId.OfKey("other").ToBytes() }));
        byte[] changed = signed.Value.ToArray();
        changed[0] ^= 1;
        Assert.False(reader.Validate(signed with { Value = changed }));
        Assert.False(reader.Validate(signed with { Value = (byte[])[.. signed.Value.Span, .. signed.Value.Span] }));
    }

    [Fact]
    public void Another_key_cannot_sign_and_two_owners_are_refused()
    {
        using RSA otherKey = RSA.Create(2048);
        RsaSignatureValidator owner = new(_key);
        RsaSignatureValidator other = new(otherKey);
        DhtRecord record = Record(owner.OwnerTag);

        Assert.Equal(record.Value.ToArray(), other.Sign(record).ToArray());
        DhtRecord both = Record(owner.OwnerTag + other.OwnerTag);
        Assert.False(owner.Validate(both with { Value = owner.Sign(both) }));
    }

    [Fact]
    public void A_record_without_an_owner_is_valid_and_never_signed()
    {
        RsaSignatureValidator validator = new(_key);
        DhtRecord record = Record("nobody's");

        Assert.True(validator.Validate(record));
        Assert.Equal(record.Value.ToArray(), validator.Sign(record).ToArray());
    }

    [Fact]
    public void Owners_that_are_no_keys_are_refused()
    {
        RsaSignatureValidator validator = new();
        byte[] signed = Encoding.ASCII.GetBytes("value[signature:AAAA]");
        foreach (string owner in new[] { "x", "ssh-rsa", "ssh-rsa !", "ssh-rsa AAAA", "ssh-ed25519 AAAA", "ssh-rsa " + Convert.ToBase64String(new byte[64]) })
        {
            Assert.False(validator.Validate(Record($"[owner:{owner}]") with { Value = signed }));
        }
    }

    [Fact]
    public void The_owners_tag_is_an_openssh_key_and_the_signature_has_the_longest_salt()
    {
        RsaSignatureValidator owner = new(_key);
        DhtRecord record = Record(owner.OwnerTag);
        string value = Encoding.Latin1.GetString(owner.Sign(record).Span);

        Assert.StartsWith("[owner:ssh-rsa AAAAB3NzaC1yc2EAAAADAQAB", owner.OwnerTag, StringComparison.Ordinal);
        Assert.Equal(256, Convert.FromBase64String(value[(value.IndexOf("[signature:", StringComparison.Ordinal) + 11)..^1]).Length);
        Assert.False(_key.VerifyData(
            record.ToSignedBytes(),
            Convert.FromBase64String(value[(value.IndexOf("[signature:", StringComparison.Ordinal) + 11)..^1]),
            HashAlgorithmName.SHA256,
            RSASignaturePadding.Pss)); // which is .NET's padding, with a salt of 32 bytes
    }

    [Fact]
    public void Validators_in_a_row_must_all_agree_and_see_the_value_without_signatures()
    {
        RsaSignatureValidator owner = new(_key);
        SchemaValidator schema = new();
        CompositeValidator both = new(schema, owner);
        DhtRecord record = Record(owner.OwnerTag);
        DhtRecord signed = record with { Value = both.Sign(record) };

        Assert.True(both.Validate(signed));
        Assert.Equal(record.Value.ToArray(), schema.Seen);
        Assert.Equal(record.Value.ToArray(), both.Strip(signed).ToArray());
        schema.Answer = false;
        Assert.False(both.Validate(signed));
        Assert.True(new CompositeValidator().Validate(record));
    }

    public void Dispose() => _key.Dispose();

    private static DhtRecord Record(string subkey) =>
        new(DhtId.OfKey("key").ToBytes(), DhtSubkey.OfText(subkey).Packed, Encoding.ASCII.GetBytes("value"), 2_000_000_000.5);

    private sealed class SchemaValidator : IRecordValidator
    {
        public bool Answer { get; set; } = true;

        public byte[] Seen { get; private set; } = [];

        public int Priority => 0;

        public bool Validate(DhtRecord record)
        {
            Seen = record.Value.ToArray();
            return Answer;
        }

        public ReadOnlyMemory<byte> Sign(DhtRecord record) => record.Value;

        public ReadOnlyMemory<byte> Strip(DhtRecord record) => record.Value;
    }
}
