package demo

// Names and words of many scripts: what does not survive a careless migration.

var firstNames = []string{"Ada", "Zoë", "Łukasz", "Søren", "Þóra", "José", "Ngọc", "İpek", "Мария", "Ольга", "Γιώργος", "عمر", "נועה",
	"अनिका", "さくら", "伟", "서연", "Chloé", "Jürgen", "Siobhán", "Ana-María", "D'Arcy", "Håkon", "Žofie", "Nwachukwu", "Kalā"}

var lastNames = []string{"Lovelace", "O'Neill", "Müller", "Ångström", "Dvořák", "Nguyễn", "Çelik", "Иванова", "Παπαδόπουλος", "حداد",
	"כהן", "शर्मा", "田中", "王", "김", "García Márquez", "van der Berg", "Smith", "Kowalczyk", "Ólafsdóttir", "Brontë", "Oyelaran"}

var streets = []string{"Rue de l'Église", "Hauptstraße", "Calle Ñuble", "Storgata", "Łąkowa", "High Street", "桜通り", "улица Мира", "Via Così"}

var cities = [][2]string{{"Zürich", "CH"}, {"Málaga", "ES"}, {"Kraków", "PL"}, {"Tromsø", "NO"}, {"København", "DK"}, {"Αθήνα", "GR"},
	{"東京", "JP"}, {"Москва", "RU"}, {"São Paulo", "BR"}, {"Reykjavík", "IS"}, {"Cork", "IE"}, {"القاهرة", "EG"}, {"서울", "KR"}}

var departments = []string{"Books", "Garden", "Küche", "Jeux & Jouets", "Music", "Вело", "Tools", "文具"}

var shelves = []string{"New", "Classics", "For children", "Outlet", "Señor & Señora"}

var adjectives = []string{"quiet", "bright", "sturdy", "folding", "blue", "tiny", "endless", "honest", "crème", "naïve"}

var things = []string{"kettle", "whistle", "atlas", "bicycle bell", "lantern", "notebook", "spade", "harmonica", "teapot", "compass", "kite"}

var vocabulary = []string{"arrived", "quickly", "and", "works", "as", "promised", "the", "colour", "is", "lovely", "packaging", "was", "damaged",
	"but", "nothing", "broke", "would", "buy", "again", "not", "for", "everyone", "größer", "que", "prévu", "очень", "良い", "a", "gift", "my"}

var emoji = []string{"", "", "", "", " 👍", " 🐦", " 💔", " 👨‍👩‍👧"}
