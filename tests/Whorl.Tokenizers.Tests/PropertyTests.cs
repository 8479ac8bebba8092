using System.Text;
using Whorl.Testing;

namespace Whorl.Tokenizers.Tests;

/// <summary>Properties over seeded random texts and ids.</summary>
public sealed class PropertyTests
{
    private const int Rounds = 300;

    [ReferenceTheory("golden/tokenizers/gguf")]
    [InlineData("gpt-2")]
    [InlineData("starcoder")]
    [InlineData("refact")]
    public void Decoding_what_was_encoded_gives_the_text_where_the_vocabulary_holds_all_bytes(string name)
    {
        Tokenizer tokenizer = RealVocabularies.FromGguf(name);
        var random = new Random(1);
        for (int round = 0; round < Rounds; round++)
        {
            string text = RandomText(random);
            Assert.Equal(text, tokenizer.Decode(tokenizer.Encode(text, EncodeOptions.PlainText)));
        }
    }

    [ReferenceTheory("golden/tokenizers/gguf")]
    [InlineData("gpt-2")]
    [InlineData("deepseek-coder")]
    [InlineData("falcon")]
    [InlineData("bert-bge")]
    public void The_pieces_of_a_stream_joined_are_the_decoding_of_any_ids(string name)
    {
        Tokenizer tokenizer = RealVocabularies.FromGguf(name);
        var random = new Random(2);
        for (int round = 0; round < Rounds; round++)
        {
            int[] ids = [.. Enumerable.Range(0, random.Next(1, 30)).Select(_ => random.Next(-2, tokenizer.VocabularySize + 2))];
            bool skip = round % 2 == 0;
            StreamingDecoder stream = tokenizer.StartDecoding(skip);
            Assert.Equal(tokenizer.Decode(ids, skip), string.Concat(ids.Select(stream.Append)) + stream.Flush());
        }
    }

    [ReferenceTheory("golden/tokenizers/gguf")]
    [InlineData("gpt-2")]
    [InlineData("llama-spm")]
    [InlineData("mpt")]
    public void Offsets_go_with_the_same_ids_and_lie_in_the_text(string name)
    {
        Tokenizer tokenizer = RealVocabularies.FromGguf(name);
        var random = new Random(3);
        for (int round = 0; round < Rounds; round++)
        {
            string text = RandomText(random);
            TokenEncoding encoding = tokenizer.EncodeWithOffsets(text);
            int length = text.EnumerateRunes().Count();
            Assert.Equal(tokenizer.Encode(text), encoding.Ids);
            Assert.Equal(encoding.Ids.Count, encoding.TypeIds.Count);
            Assert.All(encoding.Offsets, offset => Assert.InRange(offset.Start, 0, offset.End));
            Assert.All(encoding.Offsets, offset => Assert.InRange(offset.End, 0, length));
        }
    }

    [ReferenceFact("golden/tokenizers/gguf")]
    public void A_tokenizer_gives_the_same_ids_from_many_threads()
    {
        Tokenizer tokenizer = RealVocabularies.FromGguf("smollm2");
        string[] texts = [.. Enumerable.Range(0, 64).Select(seed => RandomText(new Random(seed)))];
        int[][] expected = [.. texts.Select(text => tokenizer.Encode(text))];
        Parallel.For(0, 512, i => Assert.Equal(expected[i % 64], tokenizer.Encode(texts[i % 64])));
    }

    [Fact]
    public void Bytes_that_cannot_become_a_character_show_at_once()
    {
        Tokenizer tokenizer = Tokenizer.FromGguf(SmallTokenizers.ByteLevelGguf());
        StreamingDecoder stream = tokenizer.StartDecoding();
        Assert.Equal(["", "", "", "😀"], new[] { 0xF0, 0x9F, 0x98, 0x80 }.Select(stream.Append));
        Assert.Equal(["", "", "\uFFFDa", "\uFFFD"], new[] { 0xF0, 0x9F, 'a', 0xFF }.Select(stream.Append));
        Assert.Equal("", stream.Append(0xE2));
        Assert.Equal("\uFFFD", stream.Flush());
        Assert.Equal("b", stream.Append('b'));
        Assert.Equal("", stream.Flush());
    }

    private static string RandomText(Random random)
    {
        var text = new StringBuilder();
        for (int length = random.Next(1, 40); length > 0; length--)
        {
            int c = random.Next(6) switch
            {
                0 => ' ',
                1 => random.Next(0x20, 0x7F),
                2 => random.Next(0x00, 0x250),
                3 => random.Next(0x300, 0x3000),
                4 => random.Next(0x4E00, 0x5000),
                _ => random.Next(0x1F300, 0x1F700),
            };
            text.Append(new Rune(c));
        }

        return text.ToString();
    }
}
